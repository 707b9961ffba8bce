# How everything is compiled. Presets (CMakePresets.json) choose among these.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(BUILD_TESTING "Build the tests" ON)
set(DURABLE_STREAMS_SANITIZE "" CACHE STRING "Value for -fsanitize=, e.g. address,undefined")

add_library(durable_streams_options INTERFACE)
target_compile_options(durable_streams_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-qual -Wunused -Woverloaded-virtual -Werror -fno-omit-frame-pointer)
target_include_directories(durable_streams_options INTERFACE
  ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(durable_streams_options INTERFACE
  DURABLE_STREAMS_VERSION="${PROJECT_VERSION}")

if(DURABLE_STREAMS_SANITIZE)
  target_compile_options(durable_streams_options INTERFACE
    -fsanitize=${DURABLE_STREAMS_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(durable_streams_options INTERFACE
    -fsanitize=${DURABLE_STREAMS_SANITIZE})
  if(DURABLE_STREAMS_SANITIZE MATCHES thread)
    # Asio's headers use fences, which this sanitizer does not follow and warns of.
    target_compile_options(durable_streams_options INTERFACE -Wno-tsan)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

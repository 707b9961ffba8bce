# Libraries from outside, all packaged by Debian (docs/decisions/ says why each).

set(DURABLE_STREAMS_STATIC_LIBRARIES "" CACHE PATH "Where static libraries are, for released binaries")
if(DURABLE_STREAMS_STATIC_LIBRARIES)
  set(OPENSSL_USE_STATIC_LIBS TRUE)
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(simdjson REQUIRED)
find_package(RapidJSON REQUIRED)
find_package(tl-expected REQUIRED)
if(DURABLE_STREAMS_STATIC_LIBRARIES)
  include(${CMAKE_CURRENT_LIST_DIR}/static_libraries.cmake)
endif()

# Asio without its deprecated parts; header-only.
add_library(durable_streams_asio INTERFACE)
target_link_libraries(durable_streams_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(durable_streams_asio INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)

if(BUILD_TESTING)
  find_package(GTest REQUIRED)
endif()

# durable_streams_library(<folder> SOURCES ... DEPENDS ...)
#
# Declares the library of one src/ folder. DEPENDS are other folders' libraries
# or outside ones, and are public: whoever uses a layer sees those below it.
function(durable_streams_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(durable_streams_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(durable_streams_${name} PUBLIC durable_streams_options ${ARG_DEPENDS})
endfunction()

# durable_streams_test(<folder> SOURCES ... DEPENDS ...)
#
# One gtest executable per folder, <folder>_test, known to ctest as one test
# per TEST().
function(durable_streams_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${ARG_DEPENDS} durable_streams_testing GTest::gtest GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST)
endfunction()
include(GoogleTest)

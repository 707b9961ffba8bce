# For released binaries: DURABLE_STREAMS_STATIC_LIBRARIES names the folder that script/static_libraries
# prints. The headers stay those of Debian's packages; of shared libraries the C library's alone are
# left: the binary runs where glibc is as new as on the machine that built it (Debian 12: 2.36).

foreach(library fmt::fmt:fmt spdlog::spdlog:spdlog simdjson::simdjson:simdjson yaml-cpp:yaml-cpp)
  string(REGEX REPLACE "^(.*[^:]):([^:]+)$" "\\1;\\2" parts ${library})
  list(GET parts 0 target)
  list(GET parts 1 name)
  set(archive ${DURABLE_STREAMS_STATIC_LIBRARIES}/lib${name}.a)
  if(NOT EXISTS ${archive})
    message(FATAL_ERROR "${archive} is missing: run script/static_libraries")
  endif()
  get_target_property(configurations ${target} IMPORTED_CONFIGURATIONS)
  foreach(configuration ${configurations})
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION_${configuration} ${archive})
  endforeach()
endforeach()

add_link_options(-static-libstdc++ -static-libgcc)

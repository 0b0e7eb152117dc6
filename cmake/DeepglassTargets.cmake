# One library per layer; every arrow points downwards (tests/meta/layering_test.cpp holds them to it).

# deepglass_precompile(TARGET OWNER HEADER...): with DEEPGLASS_PCH, TARGET takes the precompiled headers of OWNER, a target of
# equal flags, or makes them if it is OWNER itself.
function(deepglass_precompile target owner)
  if(NOT DEEPGLASS_PCH)
    return()
  endif()
  if(NOT target STREQUAL owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
    return()
  endif()
  target_precompile_headers(${target} PRIVATE <algorithm> <array> <atomic> <bit> <chrono> <cmath> <condition_variable>
    <cstdint> <cstring> <deque> <filesystem> <fstream> <functional> <limits> <list> <map> <memory> <mutex> <optional> <set>
    <span> <sstream> <stdexcept> <string> <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector>
    <fmt/format.h> <fmt/ranges.h> ${ARGN})
endfunction()

# A program under sanitizers: of an inline function the linker keeps the copy it meets first, so the numerics' optimised ones
# go before those that -O0 made.
function(deepglass_numerics_first target)
  if(DEEPGLASS_SANITIZE)
    list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_FILE:deepglass_\\1>" OUTPUT_VARIABLE layers)
    target_link_options(${target} BEFORE PRIVATE LINKER:--whole-archive ${layers} LINKER:--no-whole-archive)
  endif()
endfunction()

# deepglass_library(TARGET SOURCES OWNER LIBRARY...): OWNER of the precompiled headers; those of the engine go with numerics.
function(deepglass_library target sources owner)
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC deepglass_flags fmt::fmt Threads::Threads ${ARGN})
  if(owner STREQUAL deepglass_engine)
    set_target_properties(${target} PROPERTIES DEEPGLASS_NUMERICS ON)
    deepglass_precompile(${target} ${owner})
  else()
    deepglass_precompile(${target} ${owner} ${CMAKE_SOURCE_DIR}/viz/scenes/scene.h)
  endif()
endfunction()

# deepglass_layer(NAME OWNER LIBRARY...): every source below the folder of this name.
function(deepglass_layer name owner)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cpp)
  deepglass_library(deepglass_${name} "${sources}" deepglass_${owner} ${ARGN})
endfunction()

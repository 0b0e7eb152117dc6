# Flags that every target shares. The numerics need three promises from the compiler: no contraction behind our back
# (fused multiply-adds are written as such), no reassociation, and one instruction-set baseline.
add_library(deepglass_flags INTERFACE)
target_compile_options(deepglass_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -ffp-contract=off -fno-math-errno -fno-trapping-math)
if(DEEPGLASS_WERROR)
  target_compile_options(deepglass_flags INTERFACE -Werror)
endif()
if(DEEPGLASS_NATIVE)
  target_compile_options(deepglass_flags INTERFACE -march=native)
  set(DEEPGLASS_BASELINE native)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(deepglass_flags INTERFACE -march=x86-64-v3)
  set(DEEPGLASS_BASELINE x86-64-v3)
else()
  set(DEEPGLASS_BASELINE portable)
endif()
if(DEEPGLASS_SANITIZE)
  target_compile_options(deepglass_flags INTERFACE
    -fsanitize=${DEEPGLASS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(deepglass_flags INTERFACE -fsanitize=${DEEPGLASS_SANITIZE})
endif()
message(STATUS "deepglass: ${CMAKE_BUILD_TYPE}, instruction baseline ${DEEPGLASS_BASELINE}")

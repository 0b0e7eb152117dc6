# Flags that every target shares. The numerics need three promises from the compiler: no contraction behind our back
# (fused multiply-adds are written as such), no reassociation, and one instruction-set baseline.
add_library(deepglass_flags INTERFACE)
target_compile_options(deepglass_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
  -ffp-contract=off -fno-math-errno -fno-trapping-math)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  # false alarms inside libstdc++'s string once it is inlined at -O2 (GCC bugs 105329, 105651); the sanitizers watch instead
  target_compile_options(deepglass_flags INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(DEEPGLASS_WERROR)
  target_compile_options(deepglass_flags INTERFACE -Werror)
endif()
if(DEEPGLASS_NATIVE AND DEEPGLASS_PORTABLE)
  message(FATAL_ERROR "DEEPGLASS_NATIVE and DEEPGLASS_PORTABLE exclude each other: switch one off")
endif()
if(DEEPGLASS_NATIVE)
  target_compile_options(deepglass_flags INTERFACE -march=native)
  set(DEEPGLASS_BASELINE native)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND NOT DEEPGLASS_PORTABLE)
  target_compile_options(deepglass_flags INTERFACE -march=x86-64-v3)
  set(DEEPGLASS_BASELINE x86-64-v3)
else()
  set(DEEPGLASS_BASELINE portable)
endif()
if(DEEPGLASS_SANITIZE)
  target_compile_options(deepglass_flags INTERFACE
    -fsanitize=${DEEPGLASS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -fno-pie
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # false alarms in instrumented libstdc++
  # millions of addresses in the checks' own data would be relocated at every start: fixed ones start in half the time
  target_link_options(deepglass_flags INTERFACE -fsanitize=${DEEPGLASS_SANITIZE} -no-pie)
  if(DEEPGLASS_SANITIZE MATCHES undefined)  # null pointers: the address sanitizer stops there anyway, at half the compile time
    target_compile_options(deepglass_flags INTERFACE
      -fno-sanitize=null,vptr,object-size,nonnull-attribute,returns-nonnull-attribute)
  endif()
  # numerics run at -O1; all else at -O0, which compiles twice as fast, and without the checks of alignment, which stand before
  # every access and watch for bytes read as numbers: only engine and sim do that
  set(numerics $<BOOL:$<TARGET_PROPERTY:DEEPGLASS_NUMERICS>>)
  target_compile_options(deepglass_flags INTERFACE $<$<NOT:${numerics}>:-O0>)
  if(DEEPGLASS_SANITIZE MATCHES undefined)
    target_compile_options(deepglass_flags INTERFACE $<$<NOT:${numerics}>:-fno-sanitize=alignment>)
  endif()
endif()
if(DEEPGLASS_FUZZ)  # coverage counters everywhere; tests/fuzz links the fuzzer's main
  target_compile_options(deepglass_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(deepglass_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
message(STATUS "deepglass: ${CMAKE_BUILD_TYPE}, instruction baseline ${DEEPGLASS_BASELINE}")

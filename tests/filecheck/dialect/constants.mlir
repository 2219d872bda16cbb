// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Literals of every kind, spelled so that they read back as the same Python value.

// None, the truth values, Ellipsis.

%a = xcs.constant None
%b = xcs.constant True
%c = xcs.constant False
%d = xcs.constant ...

// CHECK:         builtin.module {
// CHECK-NEXT:      %a = xcs.constant None
// CHECK-NEXT:      %b = xcs.constant True
// CHECK-NEXT:      %c = xcs.constant False
// CHECK-NEXT:      %d = xcs.constant ...
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %a = "xcs.constant"() <{value = #xcs.literal<None>}> : () -> !xcs.obj
// GENERIC-NEXT:     %b = "xcs.constant"() <{value = #xcs.literal<True>}> : () -> !xcs.obj
// GENERIC-NEXT:     %c = "xcs.constant"() <{value = #xcs.literal<False>}> : () -> !xcs.obj
// GENERIC-NEXT:     %d = "xcs.constant"() <{value = #xcs.literal<...>}> : () -> !xcs.obj
// GENERIC-NEXT:   }) : () -> ()

// -----

// Numbers.

%a = xcs.constant 0
%b = xcs.constant -17
%c = xcs.constant 123456789012345678901234567890
%d = xcs.constant 0.0
%e = xcs.constant -0.0
%f = xcs.constant 1.0e+16
%g = xcs.constant 1.5e-07
%h = xcs.constant inf
%i = xcs.constant -inf
%j = xcs.constant nan
%k = xcs.constant complex(1.0, -0.0)
%l = xcs.constant complex(nan, -inf)

// CHECK:         builtin.module {
// CHECK-NEXT:      %a = xcs.constant 0
// CHECK-NEXT:      %b = xcs.constant -17
// CHECK-NEXT:      %c = xcs.constant 123456789012345678901234567890
// CHECK-NEXT:      %d = xcs.constant 0.0
// CHECK-NEXT:      %e = xcs.constant -0.0
// CHECK-NEXT:      %f = xcs.constant 1.0e+16
// CHECK-NEXT:      %g = xcs.constant 1.5e-07
// CHECK-NEXT:      %h = xcs.constant inf
// CHECK-NEXT:      %i = xcs.constant -inf
// CHECK-NEXT:      %j = xcs.constant nan
// CHECK-NEXT:      %k = xcs.constant complex(1.0, -0.0)
// CHECK-NEXT:      %l = xcs.constant complex(nan, -inf)
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %a = "xcs.constant"() <{value = #xcs.literal<0>}> : () -> !xcs.obj
// GENERIC-NEXT:     %b = "xcs.constant"() <{value = #xcs.literal<-17>}> : () -> !xcs.obj
// GENERIC-NEXT:     %c = "xcs.constant"() <{value = #xcs.literal<123456789012345678901234567890>}> : () -> !xcs.obj
// GENERIC-NEXT:     %d = "xcs.constant"() <{value = #xcs.literal<0.0>}> : () -> !xcs.obj
// GENERIC-NEXT:     %e = "xcs.constant"() <{value = #xcs.literal<-0.0>}> : () -> !xcs.obj
// GENERIC-NEXT:     %f = "xcs.constant"() <{value = #xcs.literal<1.0e+16>}> : () -> !xcs.obj
// GENERIC-NEXT:     %g = "xcs.constant"() <{value = #xcs.literal<1.5e-07>}> : () -> !xcs.obj
// GENERIC-NEXT:     %h = "xcs.constant"() <{value = #xcs.literal<inf>}> : () -> !xcs.obj
// GENERIC-NEXT:     %i = "xcs.constant"() <{value = #xcs.literal<-inf>}> : () -> !xcs.obj
// GENERIC-NEXT:     %j = "xcs.constant"() <{value = #xcs.literal<nan>}> : () -> !xcs.obj
// GENERIC-NEXT:     %k = "xcs.constant"() <{value = #xcs.literal<complex(1.0, -0.0)>}> : () -> !xcs.obj
// GENERIC-NEXT:     %l = "xcs.constant"() <{value = #xcs.literal<complex(nan, -inf)>}> : () -> !xcs.obj
// GENERIC-NEXT:   }) : () -> ()

// -----

// Strings and bytes: quotes, backslashes, control characters, characters beyond ASCII, a lone surrogate.

%a = xcs.constant ""
%b = xcs.constant "say \22hi\22, then \\n\0A\09\00"
%c = xcs.constant "na\C3\AFve \F0\9F\8C\8D"
%d = xcs.constant "\ED\B2\80"
%e = xcs.constant b""
%f = xcs.constant b"\00\FF raw"

// CHECK:         builtin.module {
// CHECK-NEXT:      %a = xcs.constant ""
// CHECK-NEXT:      %b = xcs.constant "say \22hi\22, then \\n\0A\09\00"
// CHECK-NEXT:      %c = xcs.constant "na\C3\AFve \F0\9F\8C\8D"
// CHECK-NEXT:      %d = xcs.constant "\ED\B2\80"
// CHECK-NEXT:      %e = xcs.constant b""
// CHECK-NEXT:      %f = xcs.constant b"\00\FF raw"
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %a = "xcs.constant"() <{value = #xcs.literal<"">}> : () -> !xcs.obj
// GENERIC-NEXT:     %b = "xcs.constant"() <{value = #xcs.literal<"say \22hi\22, then \\n\0A\09\00">}> : () -> !xcs.obj
// GENERIC-NEXT:     %c = "xcs.constant"() <{value = #xcs.literal<"na\C3\AFve \F0\9F\8C\8D">}> : () -> !xcs.obj
// GENERIC-NEXT:     %d = "xcs.constant"() <{value = #xcs.literal<"\ED\B2\80">}> : () -> !xcs.obj
// GENERIC-NEXT:     %e = "xcs.constant"() <{value = #xcs.literal<b"">}> : () -> !xcs.obj
// GENERIC-NEXT:     %f = "xcs.constant"() <{value = #xcs.literal<b"\00\FF raw">}> : () -> !xcs.obj
// GENERIC-NEXT:   }) : () -> ()

// -----

// Tuples.

%a = xcs.constant ()
%b = xcs.constant (1,)
%c = xcs.constant (1, (None, "x"), b"y", ..., -1.5) -> (!xcs.obj<"tuple">)

// CHECK:         builtin.module {
// CHECK-NEXT:      %a = xcs.constant ()
// CHECK-NEXT:      %b = xcs.constant (1,)
// CHECK-NEXT:      %c = xcs.constant (1, (None, "x"), b"y", ..., -1.5) -> (!xcs.obj<"tuple">)
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %a = "xcs.constant"() <{value = #xcs.literal<()>}> : () -> !xcs.obj
// GENERIC-NEXT:     %b = "xcs.constant"() <{value = #xcs.literal<(1,)>}> : () -> !xcs.obj
// GENERIC-NEXT:     %c = "xcs.constant"() <{value = #xcs.literal<(1, (None, "x"), b"y", ..., -1.5)>}> : () -> !xcs.obj<"tuple">
// GENERIC-NEXT:   }) : () -> ()

// -----

// An unbound local, and attributes.

%u = xcs.undef "answer"
%v = xcs.undef "r\C3\A9sum\C3\A9" -> (!xcs.obj<"str">)
%w = xcs.constant 1 {note = "kept"}

// CHECK:         builtin.module {
// CHECK-NEXT:      %u = xcs.undef "answer"
// CHECK-NEXT:      %v = xcs.undef "r\C3\A9sum\C3\A9" -> (!xcs.obj<"str">)
// CHECK-NEXT:      %w = xcs.constant 1 {note = "kept"}
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %u = "xcs.undef"() <{name = "answer"}> : () -> !xcs.obj
// GENERIC-NEXT:     %v = "xcs.undef"() <{name = "r\C3\A9sum\C3\A9"}> : () -> !xcs.obj<"str">
// GENERIC-NEXT:     %w = "xcs.constant"() <{value = #xcs.literal<1>}> {note = "kept"} : () -> !xcs.obj
// GENERIC-NEXT:   }) : () -> ()

// -----

// Secrets: text of the program that is known by a name.

%a = xcs.constant secret "api_key"
%b = xcs.constant (1, secret "secret_1") -> (!xcs.obj<"tuple">)
%c = xcs.constant "secret"

// CHECK:         builtin.module {
// CHECK-NEXT:      %a = xcs.constant secret "api_key"
// CHECK-NEXT:      %b = xcs.constant (1, secret "secret_1") -> (!xcs.obj<"tuple">)
// CHECK-NEXT:      %c = xcs.constant "secret"
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %a = "xcs.constant"() <{value = #xcs.literal<secret "api_key">}> : () -> !xcs.obj
// GENERIC-NEXT:     %b = "xcs.constant"() <{value = #xcs.literal<(1, secret "secret_1")>}> : () -> !xcs.obj<"tuple">
// GENERIC-NEXT:     %c = "xcs.constant"() <{value = #xcs.literal<"secret">}> : () -> !xcs.obj
// GENERIC-NEXT:   }) : () -> ()

// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Which types flow where: every type into `!xcs.obj`, lists element by element.

// Values of known class are returned as objects.

xcs.func @f(%a : !xcs.obj<"str">, %b : !xcs.list<!xcs.obj<"str">>, %c : tensor<4xf32>) -> (!xcs.obj, !xcs.list<!xcs.obj>, !xcs.obj) {
  xcs.return %a, %b, %c
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%a : !xcs.obj<"str">, %b : !xcs.list<!xcs.obj<"str">>, %c : tensor<4xf32>) -> (!xcs.obj, !xcs.list<!xcs.obj>, !xcs.obj) {
// CHECK-NEXT:        xcs.return %a, %b, %c
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj<"str">, !xcs.list<!xcs.obj<"str">>, tensor<4xf32>) -> (!xcs.obj, !xcs.list<!xcs.obj>, !xcs.obj)}> ({
// GENERIC-NEXT:     ^bb0(%a: !xcs.obj<"str">, %b: !xcs.list<!xcs.obj<"str">>, %c: tensor<4xf32>):
// GENERIC-NEXT:       "xcs.return"(%a, %b, %c) : (!xcs.obj<"str">, !xcs.list<!xcs.obj<"str">>, tensor<4xf32>) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// A class name beyond ASCII.

%a = xcs.undef "x" -> (!xcs.obj<"Caf\C3\A9">)

// CHECK:         builtin.module {
// CHECK-NEXT:      %a = xcs.undef "x" -> (!xcs.obj<"Caf\C3\A9">)
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     %a = "xcs.undef"() <{name = "x"}> : () -> !xcs.obj<"Caf\C3\A9">
// GENERIC-NEXT:   }) : () -> ()

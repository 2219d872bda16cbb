// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Array regions and kernels.

// Regions of both kinds.

xcs.callable @add {path = "jax.numpy:add", effect = #xcs.effect<pure>}
xcs.func @f(%x : tensor<4xf32>, %y : !xcs.obj) -> (tensor<4xf32>) {
  %z = xcs.tensor jax pure total (%a = %x, %b = %x) -> (tensor<4xf32>) {
    %s = xcs.call pure total @add(%a, %b) -> (tensor<4xf32>)
    xcs.yield %s
  }
  %w = xcs.tensor numpy pure sees_writes fresh (%c : !xcs.obj = %x) attributes {note = "kept"} {
    %r = xcs.if %c {
      %i = xcs.constant 1
      xcs.yield %i
    } else {
      xcs.yield %c
    }
    xcs.yield %r
  }
  xcs.return %z
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.callable @add {path = "jax.numpy:add", effect = #xcs.effect<pure>}
// CHECK-NEXT:      xcs.func @f(%x : tensor<4xf32>, %y : !xcs.obj) -> (tensor<4xf32>) {
// CHECK-NEXT:        %z = xcs.tensor jax pure total (%a = %x, %b = %x) -> (tensor<4xf32>) {
// CHECK-NEXT:          %s = xcs.call pure total @add(%a, %b) -> (tensor<4xf32>)
// CHECK-NEXT:          xcs.yield %s
// CHECK-NEXT:        }
// CHECK-NEXT:        %w = xcs.tensor numpy pure sees_writes fresh (%c : !xcs.obj = %x) attributes {note = "kept"} {
// CHECK-NEXT:          %r = xcs.if %c {
// CHECK-NEXT:            %i = xcs.constant 1
// CHECK-NEXT:            xcs.yield %i
// CHECK-NEXT:          } else {
// CHECK-NEXT:            xcs.yield %c
// CHECK-NEXT:          }
// CHECK-NEXT:          xcs.yield %r
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return %z
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.callable"() <{sym_name = "add", path = "jax.numpy:add", effect = #xcs.effect<pure>}> : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (tensor<4xf32>, !xcs.obj) -> tensor<4xf32>}> ({
// GENERIC-NEXT:     ^bb0(%x: tensor<4xf32>, %y: !xcs.obj):
// GENERIC-NEXT:       %z = "xcs.tensor"(%x, %x) <{effect = #xcs.effect<pure>, total, kind = "jax"}> ({
// GENERIC-NEXT:       ^bb0(%a: tensor<4xf32>, %b: tensor<4xf32>):
// GENERIC-NEXT:         %s = "xcs.call"(%a, %b) <{effect = #xcs.effect<pure>, total, callee = @add, args = #xcs.args<_, _>}> : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// GENERIC-NEXT:         "xcs.yield"(%s) : (tensor<4xf32>) -> ()
// GENERIC-NEXT:       }) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// GENERIC-NEXT:       %w = "xcs.tensor"(%x) <{effect = #xcs.effect<pure, sees_writes>, fresh, kind = "numpy"}> ({
// GENERIC-NEXT:       ^bb0(%c: !xcs.obj):
// GENERIC-NEXT:         %r = "xcs.if"(%c) ({
// GENERIC-NEXT:           %i = "xcs.constant"() <{value = #xcs.literal<1>}> : () -> !xcs.obj
// GENERIC-NEXT:           "xcs.yield"(%i) : (!xcs.obj) -> ()
// GENERIC-NEXT:         }, {
// GENERIC-NEXT:           "xcs.yield"(%c) : (!xcs.obj) -> ()
// GENERIC-NEXT:         }) : (!xcs.obj) -> !xcs.obj
// GENERIC-NEXT:         "xcs.yield"(%r) : (!xcs.obj) -> ()
// GENERIC-NEXT:       }) {note = "kept"} : (tensor<4xf32>) -> !xcs.obj
// GENERIC-NEXT:       "xcs.return"(%z) : (tensor<4xf32>) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// A kernel's text is verbatim: braces in strings and comments don't count.

xcs.xla @k {
module @jit_f attributes {mhlo.num_partitions = 1 : i32} {
    func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> { // not this one: }
  %0 = stablehlo.custom_call @f(%arg0) {backend_config = "{\22}"} : (tensor<4xf32>) -> tensor<4xf32>
      return %0 : tensor<4xf32>
  }
}
}
xcs.func @f(%x : tensor<4xf32>) -> (tensor<4xf32>) {
  %y = xcs.xla_call pure total @k(%x) -> (tensor<4xf32>)
  %z = xcs.xla_call pure @k(%y)
  xcs.xla_call ordered @k() -> ()
  xcs.return %y
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.xla @k {
// CHECK-NEXT:    module @jit_f attributes {mhlo.num_partitions = 1 : i32} {
// CHECK-NEXT:        func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> { // not this one: }
// CHECK-NEXT:      %0 = stablehlo.custom_call @f(%arg0) {backend_config = "{\22}"} : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:          return %0 : tensor<4xf32>
// CHECK-NEXT:      }
// CHECK-NEXT:    }
// CHECK-NEXT:    }
// CHECK-NEXT:      xcs.func @f(%x : tensor<4xf32>) -> (tensor<4xf32>) {
// CHECK-NEXT:        %y = xcs.xla_call pure total @k(%x) -> (tensor<4xf32>)
// CHECK-NEXT:        %z = xcs.xla_call pure @k(%y)
// CHECK-NEXT:        xcs.xla_call ordered @k() -> ()
// CHECK-NEXT:        xcs.return %y
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.xla"() <{sym_name = "k", text = "module @jit_f attributes {mhlo.num_partitions = 1 : i32} {\0A    func.func public @main(%arg0: tensor<4xf32>) -> tensor<4xf32> { // not this one: }\0A  %0 = stablehlo.custom_call @f(%arg0) {backend_config = \22{\\22}\22} : (tensor<4xf32>) -> tensor<4xf32>\0A      return %0 : tensor<4xf32>\0A  }\0A}"}> : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (tensor<4xf32>) -> tensor<4xf32>}> ({
// GENERIC-NEXT:     ^bb0(%x: tensor<4xf32>):
// GENERIC-NEXT:       %y = "xcs.xla_call"(%x) <{effect = #xcs.effect<pure>, total, callee = @k}> : (tensor<4xf32>) -> tensor<4xf32>
// GENERIC-NEXT:       %z = "xcs.xla_call"(%y) <{effect = #xcs.effect<pure>, callee = @k}> : (tensor<4xf32>) -> !xcs.obj
// GENERIC-NEXT:       "xcs.xla_call"() <{effect = #xcs.effect<ordered>, callee = @k}> : () -> ()
// GENERIC-NEXT:       "xcs.return"(%y) : (tensor<4xf32>) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

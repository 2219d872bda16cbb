// RUN: xcs-opt %s | filecheck %s
//
// The encoder of examples/hybrid_pipeline.py: one kernel, whose text is JAX's own (jax 0.10.2).
// CHECK: xcs.xla @kernel_0 {
// CHECK: module @jit_kernel
// CHECK: func.func public @main(%arg0: tensor<64xf32>) -> (tensor<2xf32>
// CHECK: call @diff(%arg0) : (tensor<64xf32>) -> tensor<62xf32>
// CHECK: stablehlo.slice %arg0 [48:64]
// CHECK: stablehlo.reduce
// CHECK: stablehlo.concatenate
// CHECK: stablehlo.divide
// CHECK: xcs.func @encoder(%signal : tensor<64xf32>)
// CHECK: xcs.xla_call pure @kernel_0(%signal) -> (tensor<2xf32>)
// CHECK-NOT: xcs.tensor

builtin.module {
  xcs.xla @kernel_0 {
module @jit_kernel attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<64xf32>) -> (tensor<2xf32> {jax.result_info = "result"}) {
    %0 = call @diff(%arg0) : (tensor<64xf32>) -> tensor<62xf32>
    %c = stablehlo.constant dense<0> : tensor<i32>
    %1 = call @_std(%0, %c) : (tensor<62xf32>, tensor<i32>) -> tensor<f32>
    %2 = stablehlo.slice %arg0 [48:64] : (tensor<64xf32>) -> tensor<16xf32>
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %3 = stablehlo.reduce(%2 init: %cst) applies stablehlo.add across dimensions = [0] : (tensor<16xf32>, tensor<f32>) -> tensor<f32>
    %cst_0 = stablehlo.constant dense<1.600000e+01> : tensor<f32>
    %4 = stablehlo.divide %3, %cst_0 : tensor<f32>
    %5 = stablehlo.slice %arg0 [0:16] : (tensor<64xf32>) -> tensor<16xf32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %6 = stablehlo.reduce(%5 init: %cst_1) applies stablehlo.add across dimensions = [0] : (tensor<16xf32>, tensor<f32>) -> tensor<f32>
    %cst_2 = stablehlo.constant dense<1.600000e+01> : tensor<f32>
    %7 = stablehlo.divide %6, %cst_2 : tensor<f32>
    %8 = stablehlo.subtract %4, %7 : tensor<f32>
    %9 = stablehlo.abs %8 : tensor<f32>
    %10 = stablehlo.broadcast_in_dim %1, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %11 = stablehlo.broadcast_in_dim %9, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %12 = stablehlo.concatenate %10, %11, dim = 0 : (tensor<1xf32>, tensor<1xf32>) -> tensor<2xf32>
    %c_3 = stablehlo.constant dense<0> : tensor<i32>
    %13 = call @_std_0(%arg0, %c_3) : (tensor<64xf32>, tensor<i32>) -> tensor<f32>
    %cst_4 = stablehlo.constant dense<9.99999997E-7> : tensor<f32>
    %14 = stablehlo.add %13, %cst_4 : tensor<f32>
    %15 = stablehlo.broadcast_in_dim %14, dims = [] : (tensor<f32>) -> tensor<2xf32>
    %16 = stablehlo.divide %12, %15 : tensor<2xf32>
    return %16 : tensor<2xf32>
  }
  func.func private @diff(%arg0: tensor<64xf32>) -> tensor<62xf32> {
    %0 = stablehlo.slice %arg0 [1:64] : (tensor<64xf32>) -> tensor<63xf32>
    %1 = stablehlo.slice %arg0 [0:63] : (tensor<64xf32>) -> tensor<63xf32>
    %2 = stablehlo.subtract %0, %1 : tensor<63xf32>
    %3 = stablehlo.slice %2 [1:63] : (tensor<63xf32>) -> tensor<62xf32>
    %4 = stablehlo.slice %2 [0:62] : (tensor<63xf32>) -> tensor<62xf32>
    %5 = stablehlo.subtract %3, %4 : tensor<62xf32>
    return %5 : tensor<62xf32>
  }
  func.func private @_std(%arg0: tensor<62xf32>, %arg1: tensor<i32>) -> tensor<f32> {
    %0 = call @_var(%arg0, %arg1) : (tensor<62xf32>, tensor<i32>) -> tensor<f32>
    %1 = stablehlo.sqrt %0 : tensor<f32>
    return %1 : tensor<f32>
  }
  func.func private @_var(%arg0: tensor<62xf32>, %arg1: tensor<i32>) -> tensor<f32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [0] : (tensor<62xf32>, tensor<f32>) -> tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %cst_0 = stablehlo.constant dense<6.200000e+01> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0] : (tensor<1xf32>) -> tensor<62xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<62xf32>
    %6 = chlo.square %5 : tensor<62xf32> -> tensor<62xf32>
    %7 = stablehlo.convert %arg1 : (tensor<i32>) -> tensor<f32>
    %cst_1 = stablehlo.constant dense<6.200000e+01> : tensor<f32>
    %8 = stablehlo.subtract %cst_1, %7 : tensor<f32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %9 = stablehlo.reduce(%6 init: %cst_2) applies stablehlo.add across dimensions = [0] : (tensor<62xf32>, tensor<f32>) -> tensor<f32>
    %10 = stablehlo.divide %9, %8 : tensor<f32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %11 = stablehlo.compare GT, %8, %cst_3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %cst_4 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %12 = call @_where(%11, %10, %cst_4) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    return %12 : tensor<f32>
  }
  func.func private @_where(%arg0: tensor<i1>, %arg1: tensor<f32>, %arg2: tensor<f32>) -> tensor<f32> {
    %0 = stablehlo.convert %arg2 : tensor<f32>
    %1 = stablehlo.select %arg0, %arg1, %0 : tensor<i1>, tensor<f32>
    return %1 : tensor<f32>
  }
  func.func private @_std_0(%arg0: tensor<64xf32>, %arg1: tensor<i32>) -> tensor<f32> {
    %0 = call @_var_1(%arg0, %arg1) : (tensor<64xf32>, tensor<i32>) -> tensor<f32>
    %1 = stablehlo.sqrt %0 : tensor<f32>
    return %1 : tensor<f32>
  }
  func.func private @_var_1(%arg0: tensor<64xf32>, %arg1: tensor<i32>) -> tensor<f32> {
    %cst = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [0] : (tensor<64xf32>, tensor<f32>) -> tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %cst_0 = stablehlo.constant dense<6.400000e+01> : tensor<f32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0] : (tensor<1xf32>) -> tensor<64xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<64xf32>
    %6 = chlo.square %5 : tensor<64xf32> -> tensor<64xf32>
    %7 = stablehlo.convert %arg1 : (tensor<i32>) -> tensor<f32>
    %cst_1 = stablehlo.constant dense<6.400000e+01> : tensor<f32>
    %8 = stablehlo.subtract %cst_1, %7 : tensor<f32>
    %cst_2 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %9 = stablehlo.reduce(%6 init: %cst_2) applies stablehlo.add across dimensions = [0] : (tensor<64xf32>, tensor<f32>) -> tensor<f32>
    %10 = stablehlo.divide %9, %8 : tensor<f32>
    %cst_3 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %11 = stablehlo.compare GT, %8, %cst_3, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %cst_4 = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %12 = call @_where(%11, %10, %cst_4) : (tensor<i1>, tensor<f32>, tensor<f32>) -> tensor<f32>
    return %12 : tensor<f32>
  }
}
}
  xcs.callable @jnp.diff {path = "jax.numpy:diff", effect = #xcs.effect<pure>}
  xcs.callable @jnp.std {path = "jax.numpy:std", effect = #xcs.effect<pure>}
  xcs.callable @array_16 {path = "xcs.lowering.array_access:array[-16:]", effect = #xcs.effect<pure>}
  xcs.callable @jnp.mean {path = "jax.numpy:mean", effect = #xcs.effect<pure>}
  xcs.callable @array_16_1 {path = "xcs.lowering.array_access:array[:16]", effect = #xcs.effect<pure>}
  xcs.callable @operator.sub {path = "_operator:sub", effect = #xcs.effect<pure>}
  xcs.callable @jnp.abs {path = "jax.numpy:abs", effect = #xcs.effect<pure>}
  xcs.callable @jnp.stack {path = "jax.numpy:stack", effect = #xcs.effect<pure>}
  xcs.callable @operator.add {path = "_operator:add", effect = #xcs.effect<pure>}
  xcs.callable @operator.truediv {path = "_operator:truediv", effect = #xcs.effect<pure>}
  xcs.func @encoder(%signal : tensor<64xf32>) -> (!xcs.obj) effects pure {
    %0 = xcs.xla_call pure @kernel_0(%signal) -> (tensor<2xf32>)
    xcs.return %0
  }
}

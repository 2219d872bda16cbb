// RUN: xcs-opt %s | filecheck %s
//
// The decoder of examples/hybrid_pipeline.py: one kernel of two operands, whose text is JAX's own (jax 0.10.2).
// CHECK: xcs.xla @kernel_0 {
// CHECK: module @jit_kernel
// CHECK: func.func public @main(%arg0: tensor<64xf32>, %arg1: tensor<3xf32>) -> (tensor<64xf32>
// CHECK: call @convolve
// CHECK: stablehlo.concatenate
// CHECK: stablehlo.dot_general
// CHECK: stablehlo.convolution
// CHECK: xcs.xla_call pure @kernel_0(%signal, %weights) -> (tensor<64xf32>)
// CHECK-NOT: xcs.tensor

builtin.module {
  xcs.xla @kernel_0 {
module @jit_kernel attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<64xf32>, %arg1: tensor<3xf32>) -> (tensor<64xf32> {jax.result_info = "result"}) {
    %cst = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %0 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<9xf32>
    %cst_0 = stablehlo.constant dense<9.000000e+00> : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<9xf32>
    %2 = stablehlo.divide %0, %1 : tensor<9xf32>
    %3 = call @convolve(%arg0, %2) : (tensor<64xf32>, tensor<9xf32>) -> tensor<64xf32>
    %4 = stablehlo.slice %arg0 [0:1] : (tensor<64xf32>) -> tensor<1xf32>
    %5 = stablehlo.reshape %4 : (tensor<1xf32>) -> tensor<f32>
    %6 = stablehlo.slice %arg0 [63:64] : (tensor<64xf32>) -> tensor<1xf32>
    %7 = stablehlo.reshape %6 : (tensor<1xf32>) -> tensor<f32>
    %8 = call @_linspace(%5, %7) : (tensor<f32>, tensor<f32>) -> tensor<64xf32>
    %9 = stablehlo.subtract %arg0, %8 : tensor<64xf32>
    %10 = stablehlo.broadcast_in_dim %3, dims = [1] : (tensor<64xf32>) -> tensor<1x64xf32>
    %11 = stablehlo.broadcast_in_dim %9, dims = [1] : (tensor<64xf32>) -> tensor<1x64xf32>
    %12 = stablehlo.broadcast_in_dim %arg0, dims = [1] : (tensor<64xf32>) -> tensor<1x64xf32>
    %13 = stablehlo.concatenate %10, %11, %12, dim = 0 : (tensor<1x64xf32>, tensor<1x64xf32>, tensor<1x64xf32>) -> tensor<3x64xf32>
    %14 = stablehlo.dot_general %arg1, %13, contracting_dims = [0] x [0], precision = [DEFAULT, DEFAULT] : (tensor<3xf32>, tensor<3x64xf32>) -> tensor<64xf32>
    return %14 : tensor<64xf32>
  }
  func.func private @convolve(%arg0: tensor<64xf32>, %arg1: tensor<9xf32>) -> tensor<64xf32> {
    %0 = call @_conv(%arg0, %arg1) : (tensor<64xf32>, tensor<9xf32>) -> tensor<64xf32>
    return %0 : tensor<64xf32>
  }
  func.func private @_conv(%arg0: tensor<64xf32>, %arg1: tensor<9xf32>) -> tensor<64xf32> {
    %0 = call @_flip(%arg1) : (tensor<9xf32>) -> tensor<9xf32>
    %1 = stablehlo.broadcast_in_dim %arg0, dims = [2] : (tensor<64xf32>) -> tensor<1x1x64xf32>
    %2 = stablehlo.broadcast_in_dim %0, dims = [2] : (tensor<9xf32>) -> tensor<1x1x9xf32>
    %3 = stablehlo.convolution(%1, %2) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {stride = [1], pad = [[4, 4]], lhs_dilate = [1], rhs_dilate = [1], reverse = [false]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64, precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]} : (tensor<1x1x64xf32>, tensor<1x1x9xf32>) -> tensor<1x1x64xf32>
    %4 = stablehlo.reshape %3 : (tensor<1x1x64xf32>) -> tensor<64xf32>
    return %4 : tensor<64xf32>
  }
  func.func private @_flip(%arg0: tensor<9xf32>) -> tensor<9xf32> {
    %0 = stablehlo.reverse %arg0, dims = [0] : tensor<9xf32>
    return %0 : tensor<9xf32>
  }
  func.func private @_linspace(%arg0: tensor<f32>, %arg1: tensor<f32>) -> tensor<64xf32> {
    %0 = stablehlo.subtract %arg1, %arg0 : tensor<f32>
    %cst = stablehlo.constant dense<6.300000e+01> : tensor<f32>
    %1 = stablehlo.divide %0, %cst : tensor<f32>
    %2 = stablehlo.iota dim = 0 : tensor<63xf32>
    %cst_0 = stablehlo.constant dense<6.300000e+01> : tensor<f32>
    %3 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<63xf32>
    %4 = stablehlo.divide %2, %3 : tensor<63xf32>
    %5 = stablehlo.reshape %arg0 : (tensor<f32>) -> tensor<1xf32>
    %cst_1 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %6 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<63xf32>
    %7 = stablehlo.subtract %6, %4 : tensor<63xf32>
    %8 = stablehlo.broadcast_in_dim %5, dims = [0] : (tensor<1xf32>) -> tensor<63xf32>
    %9 = stablehlo.multiply %8, %7 : tensor<63xf32>
    %10 = stablehlo.reshape %arg1 : (tensor<f32>) -> tensor<1xf32>
    %11 = stablehlo.broadcast_in_dim %10, dims = [0] : (tensor<1xf32>) -> tensor<63xf32>
    %12 = stablehlo.multiply %11, %4 : tensor<63xf32>
    %13 = stablehlo.add %9, %12 : tensor<63xf32>
    %14 = stablehlo.broadcast_in_dim %arg1, dims = [] : (tensor<f32>) -> tensor<1xf32>
    %15 = stablehlo.concatenate %13, %14, dim = 0 : (tensor<63xf32>, tensor<1xf32>) -> tensor<64xf32>
    return %15 : tensor<64xf32>
  }
}
}
  xcs.callable @jnp.ones {path = "jax.numpy:ones", effect = #xcs.effect<pure>}
  xcs.callable @operator.truediv {path = "_operator:truediv", effect = #xcs.effect<pure>}
  xcs.callable @jnp.convolve {path = "jax.numpy:convolve", effect = #xcs.effect<pure>}
  xcs.callable @array_0 {path = "xcs.lowering.array_access:array[0]", effect = #xcs.effect<pure>}
  xcs.callable @array_1 {path = "xcs.lowering.array_access:array[-1]", effect = #xcs.effect<pure>}
  xcs.callable @array.shape_0 {path = "xcs.lowering.array_access:array.shape[0]", effect = #xcs.effect<pure>}
  xcs.callable @jnp.linspace {path = "jax.numpy:linspace", effect = #xcs.effect<pure>}
  xcs.callable @operator.sub {path = "_operator:sub", effect = #xcs.effect<pure>}
  xcs.callable @jnp.stack {path = "jax.numpy:stack", effect = #xcs.effect<pure>}
  xcs.callable @operator.matmul {path = "_operator:matmul", effect = #xcs.effect<pure>}
  xcs.func @decoder(%signal : tensor<64xf32>, %weights : tensor<3xf32>) -> (!xcs.obj) effects pure {
    %0 = xcs.xla_call pure @kernel_0(%signal, %weights) -> (tensor<64xf32>)
    xcs.return %0
  }
}

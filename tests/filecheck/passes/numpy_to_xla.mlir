// RUN: xcs-opt %s -p xcs-numpy-to-xla | filecheck %s

xcs.callable @exp {path = "numpy:exp", effect = #xcs.effect<pure>}
xcs.callable @sin {path = "jax.numpy:sin", effect = #xcs.effect<pure>}

// NumPy's regions are marked, at any depth; JAX's are XLA's already.
// CHECK-LABEL: xcs.func @f
xcs.func @f(%x : !xcs.obj, %xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
  // CHECK: xcs.tensor numpy pure (%a = %x) attributes {xla} {
  %y = xcs.tensor numpy pure (%a = %x) {
    %e = xcs.call pure @exp(%a)
    xcs.yield %e
  }
  // CHECK: xcs.tensor jax pure (%a_1 = %y) {
  %z = xcs.tensor jax pure (%a = %y) {
    %s = xcs.call pure @sin(%a)
    xcs.yield %s
  }
  %ys = xcs.map %one in %xs snapshot {
    // CHECK: xcs.tensor numpy pure (%a_2 = %one) attributes {xla} {
    %o = xcs.tensor numpy pure (%a = %one) {
      %p = xcs.call pure @exp(%a)
      xcs.yield %p
    }
    xcs.yield %o
  }
  // A map that is one batch stays NumPy's.
  %zs = xcs.map %two in %xs snapshot vectorized {
    // CHECK: xcs.tensor numpy pure (%a_3 = %two) {
    %o = xcs.tensor numpy pure (%a = %two) {
      %p = xcs.call pure @exp(%a)
      xcs.yield %p
    }
    xcs.yield %o
  }
  %t = xcs.make_tuple(%z, %ys, %zs)
  xcs.return %t
}

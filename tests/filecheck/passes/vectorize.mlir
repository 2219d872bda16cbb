// RUN: xcs-opt -p xcs-vectorize --split-input-file %s | filecheck %s

// Array code alone.
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>}
xcs.func @kernel(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs snapshot {
    %y = xcs.tensor jax pure (%a = %x) {
      %t = xcs.call pure @tanh(%a)
      xcs.yield %t
    }
    xcs.yield %y
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @kernel
// CHECK:         %ys = xcs.map %x in %xs snapshot vectorized {

// -----

// A quiet call behind it, over a list.
xcs.callable @dot {path = "numpy:dot", effect = #xcs.effect<reads>}
xcs.callable @float {path = "builtins:float", effect = #xcs.effect<reads>}
xcs.func @number(%xs : !xcs.list<!xcs.obj>, %q : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs {
    %y = xcs.tensor numpy reads (%a = %x, %b = %q) {
      %t = xcs.call reads @dot(%a, %b)
      xcs.yield %t
    }
    %z = xcs.call reads @float(%y)
    xcs.yield %z
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @number
// CHECK:         %ys = xcs.map %x in %xs vectorized {

// -----

// Array code behind external calls: they stay a map, it is one kernel.
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>}
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>}
xcs.callable @float {path = "builtins:float", effect = #xcs.effect<reads>}
xcs.func @behind(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs snapshot {
    %e = xcs.call unordered external @embed(%x)
    %y = xcs.tensor jax pure (%a = %e) {
      %t = xcs.call pure @tanh(%a)
      xcs.yield %t
    }
    %z = xcs.call reads @float(%y)
    xcs.yield %z
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @behind
// CHECK:         %ys = xcs.map %x in %xs snapshot vectorized {

// -----

// Not: the call is ordered, or may write what is read.
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>}
xcs.callable @log {path = "app:log", effect = #xcs.effect<ordered, external>}
xcs.func @ordered(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs snapshot {
    %e = xcs.call ordered external @log(%x)
    %y = xcs.tensor jax pure (%a = %e) {
      %t = xcs.call pure @tanh(%a)
      xcs.yield %t
    }
    xcs.yield %y
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @ordered
// CHECK:         %ys = xcs.map %x in %xs snapshot {

// -----

// Not: the body asks the world with what the array code gives.
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @mixed(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs snapshot {
    %y = xcs.tensor jax pure (%a = %x) {
      %t = xcs.call pure @tanh(%a)
      xcs.yield %t
    }
    %z = xcs.call unordered external @ask(%y)
    xcs.yield %z
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @mixed
// CHECK:         %ys = xcs.map %x in %xs snapshot {

// -----

// Not: no array code, array code under a condition, and an iterable that may run code at each step.
xcs.callable @len {path = "builtins:len", effect = #xcs.effect<pure>}
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>}
xcs.func @others(%xs : !xcs.obj, %c : !xcs.obj) -> (!xcs.list<!xcs.obj>, !xcs.list<!xcs.obj>, !xcs.list<!xcs.obj>) {
  %as = xcs.map %x in %xs snapshot {
    %a = xcs.call pure @len(%x)
    xcs.yield %a
  }
  %bs = xcs.map %y in %xs snapshot {
    %b = xcs.if %c {
      %d = xcs.tensor jax pure (%e = %y) {
        %t = xcs.call pure @tanh(%e)
        xcs.yield %t
      }
      xcs.yield %d
    } else {
      xcs.yield %y
    }
    xcs.yield %b
  }
  %cs = xcs.map %z in %xs {
    %f = xcs.tensor jax pure (%g = %z) {
      %h = xcs.call pure @tanh(%g)
      xcs.yield %h
    }
    xcs.yield %f
  }
  xcs.return %as, %bs, %cs
}
// CHECK-LABEL: xcs.func @others
// CHECK:         %as = xcs.map %x in %xs snapshot {
// CHECK:         %bs = xcs.map %y in %xs snapshot {
// CHECK:         %cs = xcs.map %z in %xs {

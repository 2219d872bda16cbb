// RUN: xcs-opt -p xcs-inline --split-input-file %s | filecheck %s

// Small functions and those they call are put in place; the arguments take the parameters' place.
xcs.callable @mul {path = "operator:mul", effect = #xcs.effect<pure>}
xcs.callable @add {path = "operator:add", effect = #xcs.effect<pure>}
xcs.func @main(%x : !xcs.obj, %w : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %y, %same = xcs.invoke pure @affine(%x, %w, %b) -> (!xcs.obj, !xcs.obj)
  xcs.return %y, %same
}
xcs.func @affine(%x : !xcs.obj, %w : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %s = xcs.invoke pure @scale(%x, %w)
  %r = xcs.call pure @add(%s, %b)
  xcs.return %r, %x
}
xcs.func @scale(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
  %r = xcs.call pure @mul(%x, %w)
  xcs.return %r
}
// CHECK-LABEL: xcs.func @main(%x : !xcs.obj, %w : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %s = xcs.call pure @mul(%x, %w)
// CHECK-NEXT:    %y = xcs.call pure @add(%s, %b)
// CHECK-NEXT:    xcs.return %y, %x
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @affine(%x : !xcs.obj, %w : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %s = xcs.call pure @mul(%x, %w)
// CHECK-NEXT:    %r = xcs.call pure @add(%s, %b)
// CHECK-NEXT:    xcs.return %r, %x
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @scale(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %r = xcs.call pure @mul(%x, %w)
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }

// -----

// Array code of any length.
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>, array = "jax"}
xcs.func @deep(%x : !xcs.obj) -> (!xcs.obj) {
  %1 = xcs.call pure @tanh(%x)
  %2 = xcs.call pure @tanh(%1)
  %3 = xcs.call pure @tanh(%2)
  %4 = xcs.call pure @tanh(%3)
  %5 = xcs.call pure @tanh(%4)
  %6 = xcs.call pure @tanh(%5)
  %7 = xcs.call pure @tanh(%6)
  %8 = xcs.call pure @tanh(%7)
  %9 = xcs.call pure @tanh(%8)
  %10 = xcs.call pure @tanh(%9)
  %11 = xcs.call pure @tanh(%10)
  %12 = xcs.call pure @tanh(%11)
  %13 = xcs.call pure @tanh(%12)
  %14 = xcs.call pure @tanh(%13)
  %15 = xcs.call pure @tanh(%14)
  %16 = xcs.call pure @tanh(%15)
  %17 = xcs.call pure @tanh(%16)
  xcs.return %17
}
xcs.func @calls_deep(%x : !xcs.obj) -> (!xcs.obj) {
  %y = xcs.invoke pure @deep(%x)
  xcs.return %y
}
// CHECK-LABEL: xcs.func @deep(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %0 = xcs.call pure @tanh(%x)
// CHECK-NEXT:    %1 = xcs.call pure @tanh(%0)
// CHECK-NEXT:    %2 = xcs.call pure @tanh(%1)
// CHECK-NEXT:    %3 = xcs.call pure @tanh(%2)
// CHECK-NEXT:    %4 = xcs.call pure @tanh(%3)
// CHECK-NEXT:    %5 = xcs.call pure @tanh(%4)
// CHECK-NEXT:    %6 = xcs.call pure @tanh(%5)
// CHECK-NEXT:    %7 = xcs.call pure @tanh(%6)
// CHECK-NEXT:    %8 = xcs.call pure @tanh(%7)
// CHECK-NEXT:    %9 = xcs.call pure @tanh(%8)
// CHECK-NEXT:    %10 = xcs.call pure @tanh(%9)
// CHECK-NEXT:    %11 = xcs.call pure @tanh(%10)
// CHECK-NEXT:    %12 = xcs.call pure @tanh(%11)
// CHECK-NEXT:    %13 = xcs.call pure @tanh(%12)
// CHECK-NEXT:    %14 = xcs.call pure @tanh(%13)
// CHECK-NEXT:    %15 = xcs.call pure @tanh(%14)
// CHECK-NEXT:    %16 = xcs.call pure @tanh(%15)
// CHECK-NEXT:    xcs.return %16
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @calls_deep(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %0 = xcs.call pure @tanh(%x)
// CHECK-NEXT:    %1 = xcs.call pure @tanh(%0)
// CHECK-NEXT:    %2 = xcs.call pure @tanh(%1)
// CHECK-NEXT:    %3 = xcs.call pure @tanh(%2)
// CHECK-NEXT:    %4 = xcs.call pure @tanh(%3)
// CHECK-NEXT:    %5 = xcs.call pure @tanh(%4)
// CHECK-NEXT:    %6 = xcs.call pure @tanh(%5)
// CHECK-NEXT:    %7 = xcs.call pure @tanh(%6)
// CHECK-NEXT:    %8 = xcs.call pure @tanh(%7)
// CHECK-NEXT:    %9 = xcs.call pure @tanh(%8)
// CHECK-NEXT:    %10 = xcs.call pure @tanh(%9)
// CHECK-NEXT:    %11 = xcs.call pure @tanh(%10)
// CHECK-NEXT:    %12 = xcs.call pure @tanh(%11)
// CHECK-NEXT:    %13 = xcs.call pure @tanh(%12)
// CHECK-NEXT:    %14 = xcs.call pure @tanh(%13)
// CHECK-NEXT:    %15 = xcs.call pure @tanh(%14)
// CHECK-NEXT:    %y = xcs.call pure @tanh(%15)
// CHECK-NEXT:    xcs.return %y
// CHECK-NEXT:  }

// -----

// Not: external calls, regions, recursion, unknown functions.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @keeps(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.invoke dynamic @asks(%x)
  %b = xcs.invoke dynamic @branches(%a)
  %c = xcs.invoke dynamic @recurses(%b)
  %d = xcs.invoke dynamic @even(%c)
  xcs.return %d
}
xcs.func @asks(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call unordered external @ask(%x)
  xcs.return %a
}
xcs.func @branches(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.if %x {
    xcs.yield %x
  } else {
    xcs.yield %x
  }
  xcs.return %a
}
xcs.func @recurses(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.invoke dynamic @recurses(%x)
  xcs.return %a
}
xcs.func @even(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.invoke dynamic @odd(%x)
  xcs.return %a
}
xcs.func @odd(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.invoke dynamic @even(%x)
  xcs.return %a
}
// CHECK-LABEL: xcs.func @keeps(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.invoke dynamic @asks(%x)
// CHECK-NEXT:    %b = xcs.invoke dynamic @branches(%a)
// CHECK-NEXT:    %c = xcs.invoke dynamic @recurses(%b)
// CHECK-NEXT:    %d = xcs.invoke dynamic @even(%c)
// CHECK-NEXT:    xcs.return %d
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @asks(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.call unordered external @ask(%x)
// CHECK-NEXT:    xcs.return %a
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @branches(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.if %x {
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    } else {
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %a
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @recurses(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.invoke dynamic @recurses(%x)
// CHECK-NEXT:    xcs.return %a
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @even(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.invoke dynamic @odd(%x)
// CHECK-NEXT:    xcs.return %a
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @odd(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.invoke dynamic @even(%x)
// CHECK-NEXT:    xcs.return %a
// CHECK-NEXT:  }

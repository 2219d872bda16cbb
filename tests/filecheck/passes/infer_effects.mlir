// RUN: xcs-opt -p xcs-infer-effects --split-input-file %s | filecheck %s

// The effects of a function join those of its ops, and its calls take them over.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @upper {path = "builtins:str.upper", effect = #xcs.effect<pure>}
xcs.func @main(%q : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.invoke dynamic @helper(%q)
  %b = xcs.invoke dynamic @shout(%a)
  xcs.return %b
}
xcs.func @helper(%q : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call unordered external @ask(%q)
  %b = xcs.getattr reads %a "text"
  xcs.return %b
}
xcs.func @shout(%q : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call pure @upper(%q)
  xcs.return %a
}
// CHECK-LABEL: xcs.func @main(%q : !xcs.obj) -> (!xcs.obj) effects unordered sees_writes external {
// CHECK-NEXT:    %a = xcs.invoke unordered sees_writes external @helper(%q)
// CHECK-NEXT:    %b = xcs.invoke pure @shout(%a)
// CHECK-NEXT:    xcs.return %b
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @helper(%q : !xcs.obj) -> (!xcs.obj) effects unordered sees_writes external {
// CHECK-NEXT:    %a = xcs.call unordered external @ask(%q)
// CHECK-NEXT:    %b = xcs.getattr reads %a "text"
// CHECK-NEXT:    xcs.return %b
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @shout(%q : !xcs.obj) -> (!xcs.obj) effects pure {
// CHECK-NEXT:    %a = xcs.call pure @upper(%q)
// CHECK-NEXT:    xcs.return %a
// CHECK-NEXT:  }

// -----

// Recursion, through another function too, and effects inside regions.
xcs.callable @print {path = "builtins:print", effect = #xcs.effect<ordered>}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @even(%n : !xcs.obj) -> (!xcs.obj) {
  %r = xcs.if %n {
    %a = xcs.invoke dynamic @odd(%n)
    xcs.yield %a
  } else {
    %b = xcs.call unordered external @ask(%n)
    xcs.yield %b
  }
  xcs.return %r
}
xcs.func @odd(%n : !xcs.obj) -> (!xcs.obj) {
  %p = xcs.call ordered @print(%n)
  %r = xcs.invoke dynamic @even(%n)
  xcs.return %r
}
// CHECK-LABEL: xcs.func @even(%n : !xcs.obj) -> (!xcs.obj) effects ordered external {
// CHECK-NEXT:    %r = xcs.if %n {
// CHECK-NEXT:      %a = xcs.invoke ordered external @odd(%n)
// CHECK-NEXT:      xcs.yield %a
// CHECK-NEXT:    } else {
// CHECK-NEXT:      %b = xcs.call unordered external @ask(%n)
// CHECK-NEXT:      xcs.yield %b
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @odd(%n : !xcs.obj) -> (!xcs.obj) effects ordered external {
// CHECK-NEXT:    %p = xcs.call ordered @print(%n)
// CHECK-NEXT:    %r = xcs.invoke ordered external @even(%n)
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }

// -----

// A loop over an unknown iterator is ordered, over a list it reads, over a list of its own it is as its body.
xcs.func @loops(%xs : !xcs.obj) -> () {
  xcs.for %x in %xs {
    xcs.yield
  }
  xcs.return
}
xcs.func @loops_list(%xs : !xcs.list<!xcs.obj>) -> () {
  xcs.for %x in %xs {
    xcs.yield
  }
  xcs.return
}
xcs.func @loops_own(%a : !xcs.obj) -> () {
  %l = xcs.make_list(%a)
  xcs.for %x in %l {
    xcs.yield
  }
  xcs.return
}
// CHECK-LABEL: xcs.func @loops(%xs : !xcs.obj) -> () effects ordered {
// CHECK-NEXT:    xcs.for %x in %xs {
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @loops_list(%xs : !xcs.list<!xcs.obj>) -> () effects pure sees_writes {
// CHECK-NEXT:    xcs.for %x in %xs {
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return
// CHECK-NEXT:  }
// CHECK-LABEL: xcs.func @loops_own(%a : !xcs.obj) -> () effects pure {
// CHECK-NEXT:    %l = xcs.make_list(%a)
// CHECK-NEXT:    xcs.for %x in %l {
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return
// CHECK-NEXT:  }

// -----

// What calls of other things state stays. What is known to be ordered stays so beside what isn't known.
xcs.callable @print {path = "builtins:print", effect = #xcs.effect<ordered>}
xcs.func @both(%fn : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call_indirect dynamic %fn()
  %b = xcs.call ordered @print(%a)
  xcs.return %a
}
// CHECK-LABEL: xcs.func @both(%fn : !xcs.obj) -> (!xcs.obj) effects ordered {
// CHECK-NEXT:    %a = xcs.call_indirect dynamic %fn()
// CHECK-NEXT:    %b = xcs.call ordered @print(%a)
// CHECK-NEXT:    xcs.return %a
// CHECK-NEXT:  }

// RUN: xcs-opt -p xcs-dce --split-input-file %s | filecheck %s

// Unused ops that only compute and can't raise go, with all that only they use.
xcs.callable @upper {path = "builtins:str.upper", effect = #xcs.effect<pure>}
xcs.func @removes(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.constant "a"
  %l = xcs.make_list(%a)
  %l2 = xcs.append %l, %x
  %d = xcs.make_dict(%a : %x)
  %d2 = xcs.insert total %d[%a] = %l2
  %u = xcs.call pure total @upper(%x)
  %t = xcs.make_tuple(%u, %d2)
  xcs.return %x
}
// CHECK-LABEL: xcs.func @removes(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    xcs.return %x
// CHECK-NEXT:  }

// -----

// Loops and branches that do nothing, whose results nobody uses.
xcs.callable @upper {path = "builtins:str.upper", effect = #xcs.effect<pure>}
xcs.func @removes_regions(%c : !xcs.obj, %xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
  %ys = xcs.map %x in %xs {
    %u = xcs.call pure total @upper(%x)
    xcs.yield %u
  }
  %r = xcs.if %c {
    %t = xcs.make_tuple(%c)
    xcs.yield %t
  } else {
    xcs.yield %c
  }
  xcs.return %c
}
// CHECK-LABEL: xcs.func @removes_regions(%c : !xcs.obj, %xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
// CHECK-NEXT:    xcs.return %c
// CHECK-NEXT:  }

// -----

// Dead ops inside living regions.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @inside(%xs : !xcs.obj) -> (!xcs.obj) {
  %k = xcs.constant "unused"
  %ys = xcs.map %x in %xs snapshot {
    %t = xcs.make_tuple(%x, %k)
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @inside(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %ys = xcs.map %x in %xs snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

// -----

// Not: calls that may raise, calls of the world, loops over unknown things, loops that may not end.
xcs.callable @upper {path = "builtins:str.upper", effect = #xcs.effect<pure>}
xcs.callable @get {path = "app:get", effect = #xcs.effect<reads, external>}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @keeps(%x : !xcs.obj, %xs : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call pure @upper(%x)
  %b = xcs.call reads external total @get(%x)
  %c = xcs.call unordered external total @ask(%x)
  %d = xcs.make_dict(%x : %xs)
  %e = xcs.getitem pure %xs[%x]
  xcs.for %i in %xs {
    xcs.yield
  }
  xcs.map %i in %xs snapshot {
    xcs.yield
  }
  xcs.while {
    xcs.yield %x
  } do {
    xcs.yield
  }
  xcs.return %x
}
// CHECK-LABEL: xcs.func @keeps(%x : !xcs.obj, %xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.call pure @upper(%x)
// CHECK-NEXT:    %b = xcs.call reads external total @get(%x)
// CHECK-NEXT:    %c = xcs.call unordered external total @ask(%x)
// CHECK-NEXT:    %d = xcs.make_dict(%x : %xs)
// CHECK-NEXT:    %e = xcs.getitem pure %xs[%x]
// CHECK-NEXT:    xcs.for %i in %xs {
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.map %i_1 in %xs snapshot {
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.while {
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    } do {
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %x
// CHECK-NEXT:  }

// -----

// Not: reading a name that may be unbound raises, used or not; handing it on doesn't.
xcs.func @unbound(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.if %c {
    xcs.yield %x
  } else {
    %u = xcs.undef "name"
    xcs.yield %u
  }
  %t = xcs.make_tuple(%a)
  %b = xcs.if %c {
    xcs.yield %a
  } else {
    xcs.yield %x
  }
  xcs.return %x
}
// CHECK-LABEL: xcs.func @unbound(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.if %c {
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    } else {
// CHECK-NEXT:      %u = xcs.undef "name"
// CHECK-NEXT:      xcs.yield %u
// CHECK-NEXT:    }
// CHECK-NEXT:    %t = xcs.make_tuple(%a)
// CHECK-NEXT:    xcs.return %x
// CHECK-NEXT:  }

// -----

// A variable that nobody reads is gone, and no iteration waits for what it starts with.
xcs.func @assigned(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
  %v = xcs.variable %a
  %r = xcs.try {
    xcs.assign %v = %b
    %w = xcs.variable %b
    xcs.assign %w = %a
    xcs.yield %b
  } except (%e) {
    xcs.yield %a
  }
  xcs.return %r
}
// CHECK-LABEL: xcs.func @assigned
// CHECK-NEXT:    %r = xcs.try {
// CHECK-NEXT:      xcs.yield %b
// CHECK-NEXT:    } except (%e) {
// CHECK-NEXT:      xcs.yield %a
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }

// -----

// Not: a handler reads it.
xcs.func @read(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
  %v = xcs.variable %a
  %r = xcs.try {
    xcs.assign %v = %b
    xcs.yield %b
  } except (%e) {
    %now = xcs.current %v
    xcs.yield %now
  }
  xcs.return %r
}
// CHECK-LABEL: xcs.func @read
// CHECK-NEXT:    %v = xcs.variable %a
// CHECK-NEXT:    %r = xcs.try {
// CHECK-NEXT:      xcs.assign %v = %b

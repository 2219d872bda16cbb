// RUN: xcs-opt -p xcs-cse --split-input-file %s | filecheck %s

// Equal pure calls, constants, tuples and parts of them are computed once.
xcs.callable @upper {path = "builtins:str.upper", effect = #xcs.effect<pure>}
xcs.func @merges(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
  %c = xcs.constant 1
  %d = xcs.constant 1
  %a = xcs.call pure @upper(%x, %c)
  %b = xcs.call pure @upper(%x, %d)
  %t = xcs.make_tuple(%a, %b)
  %u = xcs.make_tuple(%b, %a)
  %i = xcs.getitem pure %t[%c]
  %j = xcs.getitem pure %u[%d]
  xcs.return %t, %u, %i, %j
}
// CHECK-LABEL: xcs.func @merges(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %c = xcs.constant 1
// CHECK-NEXT:    %a = xcs.call pure @upper(%x, %c)
// CHECK-NEXT:    %t = xcs.make_tuple(%a, %a)
// CHECK-NEXT:    %i = xcs.getitem pure %t[%c]
// CHECK-NEXT:    xcs.return %t, %t, %i, %i
// CHECK-NEXT:  }

// -----

// Inner regions use what is computed around them, never the other way round, and not each other's.
xcs.callable @upper {path = "builtins:str.upper", effect = #xcs.effect<pure>}
xcs.func @scopes(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %r = xcs.if %c {
    %a = xcs.call pure @upper(%x)
    xcs.yield %a
  } else {
    %b = xcs.call pure @upper(%x)
    xcs.yield %b
  }
  %d = xcs.call pure @upper(%x)
  %e = xcs.if %c {
    %f = xcs.call pure @upper(%x)
    xcs.yield %f
  } else {
    xcs.yield %d
  }
  xcs.return %r, %e
}
// CHECK-LABEL: xcs.func @scopes(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %r = xcs.if %c {
// CHECK-NEXT:      %a = xcs.call pure @upper(%x)
// CHECK-NEXT:      xcs.yield %a
// CHECK-NEXT:    } else {
// CHECK-NEXT:      %b = xcs.call pure @upper(%x)
// CHECK-NEXT:      xcs.yield %b
// CHECK-NEXT:    }
// CHECK-NEXT:    %d = xcs.call pure @upper(%x)
// CHECK-NEXT:    %e = xcs.if %c {
// CHECK-NEXT:      xcs.yield %d
// CHECK-NEXT:    } else {
// CHECK-NEXT:      xcs.yield %d
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %r, %e
// CHECK-NEXT:  }

// -----

// Not: constants that compare equal in Python but aren't the same.
xcs.func @distinct_constants() -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
  %a = xcs.constant 1
  %b = xcs.constant True
  %c = xcs.constant 1.0
  %d = xcs.constant 0.0
  %e = xcs.constant -0.0
  xcs.return %a, %b, %c, %d, %e
}
// CHECK-LABEL: xcs.func @distinct_constants() -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %a = xcs.constant 1
// CHECK-NEXT:    %b = xcs.constant True
// CHECK-NEXT:    %c = xcs.constant 1.0
// CHECK-NEXT:    %d = xcs.constant 0.0
// CHECK-NEXT:    %e = xcs.constant -0.0
// CHECK-NEXT:    xcs.return %a, %b, %c, %d, %e
// CHECK-NEXT:  }

// -----

// Not: new objects, reads, and calls of the world.
xcs.callable @copy {path = "builtins:list", effect = #xcs.effect<pure>}
xcs.callable @get {path = "app:get", effect = #xcs.effect<reads, external>}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.outside @name {kind = "global", path = "app:NAME"}
xcs.func @keeps(%x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call pure fresh @copy(%x)
  %b = xcs.call pure fresh @copy(%x)
  %c = xcs.make_list(%x)
  %d = xcs.make_list(%x)
  %e = xcs.call reads external @get(%x)
  %f = xcs.call reads external @get(%x)
  %g = xcs.call unordered external @ask(%x)
  %h = xcs.call unordered external @ask(%x)
  %i = xcs.load @name
  %j = xcs.load @name
  %k = xcs.getattr pure sees_writes %x "size"
  %l = xcs.getattr pure sees_writes %x "size"
  %r = xcs.make_tuple(%a, %b, %c, %d, %e, %f, %g, %h, %i, %j, %k, %l)
  xcs.return %r
}
// CHECK-LABEL: xcs.func @keeps(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.call pure fresh @copy(%x)
// CHECK-NEXT:    %b = xcs.call pure fresh @copy(%x)
// CHECK-NEXT:    %c = xcs.make_list(%x)
// CHECK-NEXT:    %d = xcs.make_list(%x)
// CHECK-NEXT:    %e = xcs.call reads external @get(%x)
// CHECK-NEXT:    %f = xcs.call reads external @get(%x)
// CHECK-NEXT:    %g = xcs.call unordered external @ask(%x)
// CHECK-NEXT:    %h = xcs.call unordered external @ask(%x)
// CHECK-NEXT:    %i = xcs.load @name
// CHECK-NEXT:    %j = xcs.load @name
// CHECK-NEXT:    %k = xcs.getattr pure sees_writes %x "size"
// CHECK-NEXT:    %l = xcs.getattr pure sees_writes %x "size"
// CHECK-NEXT:    %r = xcs.make_tuple(%a, %b, %c, %d, %e, %f, %g, %h, %i, %j, %k, %l)
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }

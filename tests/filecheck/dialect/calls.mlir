// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Calls: every kind of argument, effect words and flags, mutated arguments.

// Arguments in the order of the call.

xcs.callable @f {path = "app:f", effect = #xcs.effect<ordered>}
xcs.func @main(%x : !xcs.obj, %xs : !xcs.obj, %kw : !xcs.obj) -> () {
  %a = xcs.call ordered @f()
  %b = xcs.call ordered @f(%x, "lit", -1, None, (1, "t"), b"raw", inf)
  %c = xcs.call ordered @f(%x, key = %x, b = 2, "not a name" = 3, "b\C3\A9" = %x)
  %d = xcs.call ordered @f(*%xs, %x, *%xs, key = "v", **%kw, other = %x)
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.callable @f {path = "app:f", effect = #xcs.effect<ordered>}
// CHECK-NEXT:      xcs.func @main(%x : !xcs.obj, %xs : !xcs.obj, %kw : !xcs.obj) -> () {
// CHECK-NEXT:        %a = xcs.call ordered @f()
// CHECK-NEXT:        %b = xcs.call ordered @f(%x, "lit", -1, None, (1, "t"), b"raw", inf)
// CHECK-NEXT:        %c = xcs.call ordered @f(%x, key = %x, b = 2, "not a name" = 3, "b\C3\A9" = %x)
// CHECK-NEXT:        %d = xcs.call ordered @f(*%xs, %x, *%xs, key = "v", **%kw, other = %x)
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.callable"() <{sym_name = "f", path = "app:f", effect = #xcs.effect<ordered>}> : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "main", function_type = (!xcs.obj, !xcs.obj, !xcs.obj) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%x: !xcs.obj, %xs: !xcs.obj, %kw: !xcs.obj):
// GENERIC-NEXT:       %a = "xcs.call"() <{effect = #xcs.effect<ordered>, callee = @f, args = #xcs.args<>}> : () -> !xcs.obj
// GENERIC-NEXT:       %b = "xcs.call"(%x) <{effect = #xcs.effect<ordered>, callee = @f, args = #xcs.args<_, "lit", -1, None, (1, "t"), b"raw", inf>}> : (!xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %c = "xcs.call"(%x, %x, %x) <{effect = #xcs.effect<ordered>, callee = @f, args = #xcs.args<_, key = _, b = 2, "not a name" = 3, "b\C3\A9" = _>}> : (!xcs.obj, !xcs.obj, !xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %d = "xcs.call"(%xs, %x, %xs, %kw, %x) <{effect = #xcs.effect<ordered>, callee = @f, args = #xcs.args<*_, _, *_, key = "v", **_, other = _>}> : (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Effects and flags.

xcs.callable @f {path = "app:f", effect = #xcs.effect<dynamic>}
xcs.func @main(%x : !xcs.obj) -> () {
  %a = xcs.call pure @f(%x)
  %b = xcs.call pure sees_writes total fresh @f(%x)
  %c = xcs.call reads external @f(%x)
  %d = xcs.call unordered sees_writes external fresh @f(%x) -> (!xcs.obj<"str">)
  %e = xcs.call fence @f(%x) {note = "kept"}
  %g = xcs.call_indirect dynamic %x()
  %h = xcs.call_indirect unordered external total %x(%x, *%x, n = 3) -> (!xcs.list<!xcs.obj>)
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.callable @f {path = "app:f", effect = #xcs.effect<dynamic>}
// CHECK-NEXT:      xcs.func @main(%x : !xcs.obj) -> () {
// CHECK-NEXT:        %a = xcs.call pure @f(%x)
// CHECK-NEXT:        %b = xcs.call pure sees_writes total fresh @f(%x)
// CHECK-NEXT:        %c = xcs.call reads external @f(%x)
// CHECK-NEXT:        %d = xcs.call unordered sees_writes external fresh @f(%x) -> (!xcs.obj<"str">)
// CHECK-NEXT:        %e = xcs.call fence @f(%x) {note = "kept"}
// CHECK-NEXT:        %g = xcs.call_indirect dynamic %x()
// CHECK-NEXT:        %h = xcs.call_indirect unordered external total %x(%x, *%x, n = 3) -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.callable"() <{sym_name = "f", path = "app:f", effect = #xcs.effect<dynamic>}> : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "main", function_type = (!xcs.obj) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%x: !xcs.obj):
// GENERIC-NEXT:       %a = "xcs.call"(%x) <{effect = #xcs.effect<pure>, callee = @f, args = #xcs.args<_>}> : (!xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %b = "xcs.call"(%x) <{effect = #xcs.effect<pure, sees_writes>, total, fresh, callee = @f, args = #xcs.args<_>}> : (!xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %c = "xcs.call"(%x) <{effect = #xcs.effect<reads, external>, callee = @f, args = #xcs.args<_>}> : (!xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %d = "xcs.call"(%x) <{effect = #xcs.effect<unordered, sees_writes, external>, fresh, callee = @f, args = #xcs.args<_>}> : (!xcs.obj) -> !xcs.obj<"str">
// GENERIC-NEXT:       %e = "xcs.call"(%x) <{effect = #xcs.effect<fence>, callee = @f, args = #xcs.args<_>}> {note = "kept"} : (!xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %g = "xcs.call_indirect"(%x) <{effect = #xcs.effect<dynamic>, args = #xcs.args<>}> : (!xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %h = "xcs.call_indirect"(%x, %x, %x) <{effect = #xcs.effect<unordered, external>, total, args = #xcs.args<_, *_, n = 3>}> : (!xcs.obj, !xcs.obj, !xcs.obj) -> !xcs.list<!xcs.obj>
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Mutated arguments have their next versions among the results.

xcs.callable @f {path = "app:f", effect = #xcs.effect<pure>}
xcs.func @main(%x : !xcs.obj, %y : !xcs.obj<"list">) -> () {
  %r, %x2, %y2 = xcs.call pure @f(%x, 1, %y) mutates [0, 2]
  %s, %y3 = xcs.call pure @f(%x2, %y2, k = 1) mutates [1] -> (!xcs.obj<"int">, !xcs.obj)
  %t, %x3 = xcs.call_indirect unordered %x2(%x2) mutates [0]
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.callable @f {path = "app:f", effect = #xcs.effect<pure>}
// CHECK-NEXT:      xcs.func @main(%x : !xcs.obj, %y : !xcs.obj<"list">) -> () {
// CHECK-NEXT:        %r, %x2, %y2 = xcs.call pure @f(%x, 1, %y) mutates [0, 2]
// CHECK-NEXT:        %s, %y3 = xcs.call pure @f(%x2, %y2, k = 1) mutates [1] -> (!xcs.obj<"int">, !xcs.obj)
// CHECK-NEXT:        %t, %x3 = xcs.call_indirect unordered %x2(%x2) mutates [0]
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.callable"() <{sym_name = "f", path = "app:f", effect = #xcs.effect<pure>}> : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "main", function_type = (!xcs.obj, !xcs.obj<"list">) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%x: !xcs.obj, %y: !xcs.obj<"list">):
// GENERIC-NEXT:       %r, %x2, %y2 = "xcs.call"(%x, %y) <{effect = #xcs.effect<pure>, callee = @f, args = #xcs.args<_, 1, _>, mutates = array<i64: 0, 2>}> : (!xcs.obj, !xcs.obj<"list">) -> (!xcs.obj, !xcs.obj, !xcs.obj)
// GENERIC-NEXT:       %s, %y3 = "xcs.call"(%x2, %y2) <{effect = #xcs.effect<pure>, callee = @f, args = #xcs.args<_, _, k = 1>, mutates = array<i64: 1>}> : (!xcs.obj, !xcs.obj) -> (!xcs.obj<"int">, !xcs.obj)
// GENERIC-NEXT:       %t, %x3 = "xcs.call_indirect"(%x2, %x2) <{effect = #xcs.effect<unordered>, args = #xcs.args<_>, mutates = array<i64: 0>}> : (!xcs.obj, !xcs.obj) -> (!xcs.obj, !xcs.obj)
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Functions of the program.

xcs.func @none() -> () {
  xcs.return
}
xcs.func @one(%a : !xcs.obj) -> (!xcs.obj<"str">) {
  %r = xcs.invoke pure total @one(%a) -> (!xcs.obj<"str">)
  xcs.return %r
}
xcs.func @two(%a : !xcs.obj<"str">) -> (!xcs.obj, !xcs.obj) {
  xcs.invoke ordered @none() -> ()
  %r = xcs.invoke unordered external @one(%a)
  %s, %t = xcs.invoke dynamic fresh @two(%a) -> (!xcs.obj, !xcs.obj)
  xcs.return %s, %t
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @none() -> () {
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:      xcs.func @one(%a : !xcs.obj) -> (!xcs.obj<"str">) {
// CHECK-NEXT:        %r = xcs.invoke pure total @one(%a) -> (!xcs.obj<"str">)
// CHECK-NEXT:        xcs.return %r
// CHECK-NEXT:      }
// CHECK-NEXT:      xcs.func @two(%a : !xcs.obj<"str">) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:        xcs.invoke ordered @none() -> ()
// CHECK-NEXT:        %r = xcs.invoke unordered external @one(%a)
// CHECK-NEXT:        %s, %t = xcs.invoke dynamic fresh @two(%a) -> (!xcs.obj, !xcs.obj)
// CHECK-NEXT:        xcs.return %s, %t
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "none", function_type = () -> ()}> ({
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "one", function_type = (!xcs.obj) -> !xcs.obj<"str">}> ({
// GENERIC-NEXT:     ^bb0(%a: !xcs.obj):
// GENERIC-NEXT:       %r = "xcs.invoke"(%a) <{effect = #xcs.effect<pure>, total, callee = @one}> : (!xcs.obj) -> !xcs.obj<"str">
// GENERIC-NEXT:       "xcs.return"(%r) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "two", function_type = (!xcs.obj<"str">) -> (!xcs.obj, !xcs.obj)}> ({
// GENERIC-NEXT:     ^bb0(%a: !xcs.obj<"str">):
// GENERIC-NEXT:       "xcs.invoke"() <{effect = #xcs.effect<ordered>, callee = @none}> : () -> ()
// GENERIC-NEXT:       %r = "xcs.invoke"(%a) <{effect = #xcs.effect<unordered, external>, callee = @one}> : (!xcs.obj<"str">) -> !xcs.obj
// GENERIC-NEXT:       %s, %t = "xcs.invoke"(%a) <{effect = #xcs.effect<dynamic>, fresh, callee = @two}> : (!xcs.obj<"str">) -> (!xcs.obj, !xcs.obj)
// GENERIC-NEXT:       "xcs.return"(%s, %t) : (!xcs.obj, !xcs.obj) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Calls whose result is awaited.

xcs.callable @fetch {path = "app:fetch", effect = #xcs.effect<unordered, external>}
xcs.func @main(%x : !xcs.obj, %fn : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %a = xcs.call async unordered external @fetch(%x, n = 1) -> (!xcs.obj<"str">)
  %none, %y = xcs.call async ordered fresh @fetch(%x) mutates [0]
  %b = xcs.call_indirect async dynamic %fn(%a)
  xcs.return %b, %y
}

// CHECK:       builtin.module {
// CHECK-NEXT:    xcs.callable @fetch {path = "app:fetch", effect = #xcs.effect<unordered, external>}
// CHECK-NEXT:    xcs.func @main(%x : !xcs.obj, %fn : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:      %a = xcs.call async unordered external @fetch(%x, n = 1) -> (!xcs.obj<"str">)
// CHECK-NEXT:      %none, %y = xcs.call async ordered fresh @fetch(%x) mutates [0]
// CHECK-NEXT:      %b = xcs.call_indirect async dynamic %fn(%a)
// CHECK-NEXT:      xcs.return %b, %y
// CHECK-NEXT:    }
// CHECK-NEXT:  }

// GENERIC:       "builtin.module"() ({
// GENERIC-NEXT:    "xcs.callable"() <{sym_name = "fetch", path = "app:fetch", effect = #xcs.effect<unordered, external>}> : () -> ()
// GENERIC-NEXT:    "xcs.func"() <{sym_name = "main", function_type = (!xcs.obj, !xcs.obj) -> (!xcs.obj, !xcs.obj)}> ({
// GENERIC-NEXT:    ^bb0(%x: !xcs.obj, %fn: !xcs.obj):
// GENERIC-NEXT:      %a = "xcs.call"(%x) <{effect = #xcs.effect<unordered, external>, async, callee = @fetch, args = #xcs.args<_, n = 1>}> : (!xcs.obj) -> !xcs.obj<"str">
// GENERIC-NEXT:      %none, %y = "xcs.call"(%x) <{effect = #xcs.effect<ordered>, fresh, async, callee = @fetch, args = #xcs.args<_>, mutates = array<i64: 0>}> : (!xcs.obj) -> (!xcs.obj, !xcs.obj)
// GENERIC-NEXT:      %b = "xcs.call_indirect"(%fn, %a) <{effect = #xcs.effect<dynamic>, async, args = #xcs.args<_>}> : (!xcs.obj, !xcs.obj<"str">) -> !xcs.obj
// GENERIC-NEXT:      "xcs.return"(%b, %y) : (!xcs.obj, !xcs.obj) -> ()
// GENERIC-NEXT:    }) : () -> ()
// GENERIC-NEXT:  }) : () -> ()

// -----

// Calls that go out together.

xcs.callable @g {path = "app:g", effect = #xcs.effect<unordered, external>, batch = "app:gs", max_batch = 16 : i64}
xcs.func @main(%x : !xcs.obj) -> () {
  %a = xcs.call unordered external @g(%x, k = 1) batch 8
  %b = xcs.call unordered external @g(%x) batch 16 -> (!xcs.obj<"str">) {note = "kept"}
  xcs.return
}

// CHECK:         xcs.callable @g {path = "app:g", effect = #xcs.effect<unordered, external>, batch = "app:gs", max_batch = 16 : i64}
// CHECK-NEXT:    xcs.func @main(%x : !xcs.obj) -> () {
// CHECK-NEXT:      %a = xcs.call unordered external @g(%x, k = 1) batch 8
// CHECK-NEXT:      %b = xcs.call unordered external @g(%x) batch 16 -> (!xcs.obj<"str">) {note = "kept"}

// GENERIC:         %a = "xcs.call"(%x) <{effect = #xcs.effect<unordered, external>, callee = @g, args = #xcs.args<_, k = 1>, batch = 8 : i64}> : (!xcs.obj) -> !xcs.obj

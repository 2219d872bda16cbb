// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// operands match the template
// CHECK: :4: error: `xcs.call`: expected 2 operands for the arguments, found 1
// CHECK-NEXT: "xcs.call"(%a) <{callee = @g, effect = #xcs.effect<pure>, args = #xcs.args<_, _>}> : (!xcs.obj) -> !xcs.obj
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.call"(%a) <{callee = @g, effect = #xcs.effect<pure>, args = #xcs.args<_, _>}> : (!xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// a call has one result
// CHECK: :4: error: `xcs.call`: expected 1 result, found 0
// CHECK-NEXT: "xcs.call"() <{callee = @g, effect = #xcs.effect<pure>, args = #xcs.args<>}> : () -> ()
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.call"() <{callee = @g, effect = #xcs.effect<pure>, args = #xcs.args<>}> : () -> ()
  xcs.return
}

// -----

// and one more for each mutated argument
// CHECK: :4: error: `xcs.call`: expected 2 results, found 1
// CHECK-NEXT: "xcs.call"(%a) <{callee = @g, effect = #xcs.effect<pure>, args = #xcs.args<_>, mutates = array<i64: 0>}> : (!xcs.obj) -> !xcs.obj
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.call"(%a) <{callee = @g, effect = #xcs.effect<pure>, args = #xcs.args<_>, mutates = array<i64: 0>}> : (!xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// mutated arguments exist
// CHECK: :13: error: `xcs.call`: expected `mutates` to name positional operands, found 1
// CHECK-NEXT: %r, %a2 = xcs.call pure @g(%a) mutates [1]
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r, %a2 = xcs.call pure @g(%a) mutates [1]
  xcs.return
}

// -----

// are not negative
// CHECK: :13: error: `xcs.call`: expected `mutates` to name positional operands, found -1
// CHECK-NEXT: %r, %a2 = xcs.call pure @g(%a) mutates [-1]
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r, %a2 = xcs.call pure @g(%a) mutates [-1]
  xcs.return
}

// -----

// are operands
// CHECK: :13: error: `xcs.call`: expected `mutates` to name positional operands, found 0
// CHECK-NEXT: %r, %a2 = xcs.call pure @g(1, %a) mutates [0]
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r, %a2 = xcs.call pure @g(1, %a) mutates [0]
  xcs.return
}

// -----

// are not starred
// CHECK: :13: error: `xcs.call`: expected `mutates` to name positional operands, found 0
// CHECK-NEXT: %r, %a2 = xcs.call pure @g(*%a) mutates [0]
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r, %a2 = xcs.call pure @g(*%a) mutates [0]
  xcs.return
}

// -----

// are positional
// CHECK: :13: error: `xcs.call`: expected `mutates` to name positional operands, found 0
// CHECK-NEXT: %r, %a2 = xcs.call pure @g(k = %a) mutates [0]
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r, %a2 = xcs.call pure @g(k = %a) mutates [0]
  xcs.return
}

// -----

// are named once
// CHECK: :18: error: `xcs.call`: expected each position only once in `mutates`
// CHECK-NEXT: %r, %a2, %a3 = xcs.call pure @g(%a) mutates [0, 0]
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r, %a2, %a3 = xcs.call pure @g(%a) mutates [0, 0]
  xcs.return
}

// -----

// are at least one if any
// CHECK: :8: error: `xcs.call`: expected `mutates` to be a list of 64-bit integers, at least one
// CHECK-NEXT: %r = xcs.call pure @g(%a) mutates []
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.call pure @g(%a) mutates []
  xcs.return
}

// -----

// the next version has the type of the operand
// CHECK: :13: error: `xcs.call`: expected a mutated operand for its next version of type `!xcs.obj<"str">`, found `!xcs.obj`
// CHECK-NEXT: %r, %a2 = xcs.call pure @g(%a) mutates [0] -> (!xcs.obj, !xcs.obj<"str">)
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r, %a2 = xcs.call pure @g(%a) mutates [0] -> (!xcs.obj, !xcs.obj<"str">)
  xcs.return
}

// -----

// a callee is one symbol
// CHECK: :4: error: `xcs.call`: expected a symbol of the module, found `@g::@h`
// CHECK-NEXT: "xcs.call"() <{callee = @g::@h, effect = #xcs.effect<pure>, args = #xcs.args<>}> : () -> !xcs.obj
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.call"() <{callee = @g::@h, effect = #xcs.effect<pure>, args = #xcs.args<>}> : () -> !xcs.obj
  xcs.return
}

// -----

// also that of a function
// CHECK: :4: error: `xcs.invoke`: expected a symbol of the module, found `@g::@h`
// CHECK-NEXT: "xcs.invoke"() <{callee = @g::@h, effect = #xcs.effect<pure>}> : () -> !xcs.obj
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.invoke"() <{callee = @g::@h, effect = #xcs.effect<pure>}> : () -> !xcs.obj
  xcs.return
}

// -----

// also that of a kernel
// CHECK: :4: error: `xcs.xla_call`: expected a symbol of the module, found `@g::@h`
// CHECK-NEXT: "xcs.xla_call"() <{callee = @g::@h, effect = #xcs.effect<pure>}> : () -> !xcs.obj
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.xla_call"() <{callee = @g::@h, effect = #xcs.effect<pure>}> : () -> !xcs.obj
  xcs.return
}

// -----

// an indirect call has a callee
// CHECK: :4: error: `xcs.call_indirect`: expected at least 1 operand, but got 0
// CHECK-NEXT: "xcs.call_indirect"() <{effect = #xcs.effect<pure>, args = #xcs.args<>}> : () -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.call_indirect"() <{effect = #xcs.effect<pure>, args = #xcs.args<>}> : () -> !xcs.obj
  xcs.return
}

// -----

// and operands that match the template
// CHECK: :4: error: `xcs.call_indirect`: expected 1 operand for the arguments, found 0
// CHECK-NEXT: "xcs.call_indirect"(%a) <{effect = #xcs.effect<pure>, args = #xcs.args<_>}> : (!xcs.obj) -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.call_indirect"(%a) <{effect = #xcs.effect<pure>, args = #xcs.args<_>}> : (!xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// calls have an effect
// CHECK: :4: error: `xcs.call`: property 'effect' expected in operation 'xcs.call'
// CHECK-NEXT: "xcs.call"() <{callee = @g, args = #xcs.args<>}> : () -> !xcs.obj
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.call"() <{callee = @g, args = #xcs.args<>}> : () -> !xcs.obj
  xcs.return
}

// -----

// keywords are given once
// CHECK: :25: error: keyword argument `k` is repeated
// CHECK-NEXT: %r = xcs.call pure @g(k = %a, k = 1)
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.call pure @g(k = %a, k = 1)
  xcs.return
}

// -----

// positional arguments come before keywords
// CHECK: :25: error: positional argument follows keyword argument
// CHECK-NEXT: %r = xcs.call pure @g(k = %a, %a)
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.call pure @g(k = %a, %a)
  xcs.return
}

// -----

// stars come before double stars
// CHECK: :25: error: `*` argument follows `**` argument
// CHECK-NEXT: %r = xcs.call pure @g(**%a, *%a)
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.call pure @g(**%a, *%a)
  xcs.return
}

// -----

// stars take operands
// CHECK: :26: error: expected an operand after `*`
// CHECK-NEXT: %r = xcs.call pure @g(*"abc")
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.call pure @g(*"abc")
  xcs.return
}

// -----

// the attribute says the same
// CHECK: :82: error: keyword argument `k` is repeated
// CHECK-NEXT: "xcs.call"(%a, %a) <{callee = @g, effect = #xcs.effect<pure>, args = #xcs.args<k = _, k = _>}> : (!xcs.obj, !xcs.obj) -> !xcs.obj
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.call"(%a, %a) <{callee = @g, effect = #xcs.effect<pure>, args = #xcs.args<k = _, k = _>}> : (!xcs.obj, !xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// what is awaited may be cancelled
// CHECK: :8: error: `xcs.call`: expected an `async` call without `total`: what is awaited may be cancelled
// CHECK-NEXT: %r = xcs.call async pure total @g(%a)
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> () {
  %r = xcs.call async pure total @g(%a)
  xcs.return
}

// -----

// a batch has a size
// CHECK: :8: error: `xcs.call`: expected `batch` to be at least 1, found 0
// CHECK-NEXT: %r = xcs.call pure @g(%a) batch 0
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> () {
  %r = xcs.call pure @g(%a) batch 0
  xcs.return
}

// -----

// what mutates has a place of its own
// CHECK: :12: error: `xcs.call`: expected a batched call not to mutate anything
// CHECK-NEXT: %r, %b = xcs.call pure @g(%a) mutates [0] batch 2
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> () {
  %r, %b = xcs.call pure @g(%a) mutates [0] batch 2
  xcs.return
}

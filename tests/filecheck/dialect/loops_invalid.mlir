// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// the body yields the carried values
// CHECK: :8: error: `xcs.for`: expected the body to yield 1 value, found 0
// CHECK-NEXT: %r = xcs.for %x in %l iter(%b = %a) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.for %x in %l iter(%b = %a) {
    xcs.yield
  }
  xcs.return
}

// -----

// and first the flag of a loop that breaks
// CHECK: :8: error: `xcs.for`: expected the body to yield 2 values, found 1
// CHECK-NEXT: %r = xcs.for %x in %l iter(%b = %a) breaks {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.for %x in %l iter(%b = %a) breaks {
    xcs.yield %b
  }
  xcs.return
}

// -----

// of the right types
// CHECK: :8: error: `xcs.for`: expected value 0 yielded by the body of type `!xcs.obj<"str">`, found `!xcs.obj`
// CHECK-NEXT: %r = xcs.for %x in %l iter(%b = %s) -> (!xcs.obj<"str">) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.for %x in %l iter(%b = %s) -> (!xcs.obj<"str">) {
    xcs.yield %a
  }
  xcs.return
}

// -----

// initial values flow into the carried ones
// CHECK: :8: error: `xcs.for`: expected initial value 0 of type `!xcs.obj<"str">`, found `!xcs.obj`
// CHECK-NEXT: %r = xcs.for %x in %l iter(%b = %a) -> (!xcs.obj<"str">) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.for %x in %l iter(%b = %a) -> (!xcs.obj<"str">) {
    xcs.yield %x
  }
  xcs.return
}

// -----

// an element flows into its argument
// CHECK: :3: error: `xcs.for`: expected block argument 0 of the body for a value of type `!xcs.obj<"int">`, found `!xcs.obj<"str">`
// CHECK-NEXT: xcs.for %x : !xcs.obj<"int"> in %l {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.for %x : !xcs.obj<"int"> in %l {
    xcs.yield
  }
  xcs.return
}

// -----

// each carried value has a result
// CHECK: :4: error: `xcs.for`: expected 1 result, one for each carried value, found 0
// CHECK-NEXT: "xcs.for"(%l, %a) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.for"(%l, %a) ({
  ^bb0(%x : !xcs.obj<"str">, %b : !xcs.obj):
    "xcs.yield"(%b) : (!xcs.obj) -> ()
  }) : (!xcs.list<!xcs.obj<"str">>, !xcs.obj) -> ()
  xcs.return
}

// -----

// and an argument
// CHECK: :4: error: `xcs.for`: expected the body to have 2 block arguments, found 1
// CHECK-NEXT: "xcs.for"(%l, %a) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.for"(%l, %a) ({
  ^bb0(%x : !xcs.obj<"str">):
    "xcs.yield"(%x) : (!xcs.obj<"str">) -> ()
  }) : (!xcs.list<!xcs.obj<"str">>, !xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// of exactly its type
// CHECK: :4: error: `xcs.for`: expected the block arguments of carried values to have the types of the results
// CHECK-NEXT: "xcs.for"(%l, %s) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.for"(%l, %s) ({
  ^bb0(%x : !xcs.obj<"str">, %b : !xcs.obj):
    "xcs.yield"(%x) : (!xcs.obj<"str">) -> ()
  }) : (!xcs.list<!xcs.obj<"str">>, !xcs.obj<"str">) -> !xcs.obj<"str">
  xcs.return
}

// -----

// a loop has an iterable
// CHECK: :2: error: `xcs.for`: expected at least 1 operand, but got 0
// CHECK-NEXT: "xcs.for"() ({
"xcs.for"() ({
^bb0(%x : !xcs.obj):
  "xcs.yield"() : () -> ()
}) : () -> ()

// -----

// a fold carries something
// CHECK: :3: error: `xcs.reduce`: expected at least one carried value
// CHECK-NEXT: xcs.reduce %x in %l {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.reduce %x in %l {
    xcs.yield
  }
  xcs.return
}

// -----

// and yields it
// CHECK: :8: error: `xcs.reduce`: expected the body to yield 1 value, found 2
// CHECK-NEXT: %r = xcs.reduce %x in %l iter(%b = %a) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.reduce %x in %l iter(%b = %a) {
    xcs.yield %b, %b
  }
  xcs.return
}

// -----

// a condition yields one value
// CHECK: :8: error: `xcs.while`: expected the condition region to yield 1 value, found 0
// CHECK-NEXT: %r = xcs.while iter(%b = %a) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.while iter(%b = %a) {
    xcs.yield
  } do (%c) {
    xcs.yield %c
  }
  xcs.return
}

// -----

// the body of a while yields the carried values
// CHECK: :8: error: `xcs.while`: expected the body to yield 1 value, found 0
// CHECK-NEXT: %r = xcs.while iter(%b = %a) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.while iter(%b = %a) {
    xcs.yield %b
  } do (%c) {
    xcs.yield
  }
  xcs.return
}

// -----

// which start with values of their type
// CHECK: :8: error: `xcs.while`: expected initial value 0 of type `!xcs.obj<"str">`, found `!xcs.obj`
// CHECK-NEXT: %r = xcs.while iter(%b = %a) -> (!xcs.obj<"str">) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.while iter(%b = %a) -> (!xcs.obj<"str">) {
    xcs.yield %b
  } do (%c) {
    xcs.yield %c
  }
  xcs.return
}

// -----

// and are results
// CHECK: :4: error: `xcs.while`: expected 1 result, one for each carried value, found 0
// CHECK-NEXT: "xcs.while"(%a) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.while"(%a) ({
  ^bb0(%b : !xcs.obj):
    "xcs.yield"(%b) : (!xcs.obj) -> ()
  }, {
  ^bb1(%c : !xcs.obj):
    "xcs.yield"(%c) : (!xcs.obj) -> ()
  }) : (!xcs.obj) -> ()
  xcs.return
}

// -----

// both regions take them
// CHECK: :4: error: `xcs.while`: expected the body to have 1 block argument, found 0
// CHECK-NEXT: "xcs.while"(%a) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.while"(%a) ({
  ^bb0(%b : !xcs.obj):
    "xcs.yield"(%b) : (!xcs.obj) -> ()
  }, {
    "xcs.yield"(%a) : (!xcs.obj) -> ()
  }) : (!xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// with exactly their types
// CHECK: :4: error: `xcs.while`: expected the block arguments of carried values to have the types of the results
// CHECK-NEXT: "xcs.while"(%s) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.while"(%s) ({
  ^bb0(%b : !xcs.obj):
    "xcs.yield"(%b) : (!xcs.obj) -> ()
  }, {
  ^bb1(%c : !xcs.obj<"str">):
    "xcs.yield"(%c) : (!xcs.obj<"str">) -> ()
  }) : (!xcs.obj<"str">) -> !xcs.obj<"str">
  xcs.return
}

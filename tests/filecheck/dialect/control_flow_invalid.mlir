// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// both branches yield the results
// CHECK: :8: error: `xcs.if`: expected the `else` region to yield 1 value, found 2
// CHECK-NEXT: %r = xcs.if %a {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.if %a {
    xcs.yield %a
  } else {
    xcs.yield %a, %a
  }
  xcs.return
}

// -----

// of the right types
// CHECK: :8: error: `xcs.if`: expected value 0 yielded by the `else` region of type `!xcs.obj<"str">`, found `!xcs.obj`
// CHECK-NEXT: %r = xcs.if %a -> (!xcs.obj<"str">) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.if %a -> (!xcs.obj<"str">) {
    xcs.yield %s
  } else {
    xcs.yield %a
  }
  xcs.return
}

// -----

// and take no arguments
// CHECK: :4: error: `xcs.if`: expected the `then` region to have 0 block arguments, found 1
// CHECK-NEXT: "xcs.if"(%a) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.if"(%a) ({
  ^bb0(%b : !xcs.obj):
    "xcs.yield"() : () -> ()
  }, {
    "xcs.yield"() : () -> ()
  }) : (!xcs.obj) -> ()
  xcs.return
}

// -----

// a branch ends in a yield
// CHECK: :3: error: `xcs.if`: expected the `then` region to be one block that ends in `xcs.yield`
// CHECK-NEXT: xcs.if %a {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.if %a {
    xcs.raise %a
  }
  xcs.return
}

// -----

// and isn't empty
// CHECK: :3: error: `xcs.if`: expected the `then` region to be one block that ends in `xcs.yield`
// CHECK-NEXT: xcs.if %a {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.if %a {
  }
  xcs.return
}

// -----

// there are two branches
// CHECK: :4: error: `xcs.if`: expected 2 regions, but got 1
// CHECK-NEXT: "xcs.if"(%a) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.if"(%a) ({
    "xcs.yield"() : () -> ()
  }) : (!xcs.obj) -> ()
  xcs.return
}

// -----

// of one block each
// CHECK: :4: error: `xcs.if`: region 'else_region' at position 1 expected a single block, but got 0 blocks
// CHECK-NEXT: "xcs.if"(%a) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.if"(%a) ({
    "xcs.yield"() : () -> ()
  }, {
  }) : (!xcs.obj) -> ()
  xcs.return
}

// -----

// the handler yields the results
// CHECK: :8: error: `xcs.try`: expected the handler to yield 1 value, found 0
// CHECK-NEXT: %r = xcs.try {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.try {
    xcs.yield %a
  } except (%e) {
    xcs.yield
  }
  xcs.return
}

// -----

// and takes the exception
// CHECK: :4: error: `xcs.try`: expected the handler to have 1 block argument, found 0
// CHECK-NEXT: "xcs.try"() ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.try"() ({
    "xcs.yield"() : () -> ()
  }, {
    "xcs.yield"() : () -> ()
  }) : () -> ()
  xcs.return
}

// -----

// the body of a try takes nothing
// CHECK: :4: error: `xcs.try`: expected the body to have 0 block arguments, found 1
// CHECK-NEXT: "xcs.try"() ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.try"() ({
  ^bb0(%b : !xcs.obj):
    "xcs.yield"() : () -> ()
  }, {
  ^bb1(%e : !xcs.obj):
    "xcs.yield"() : () -> ()
  }) : () -> ()
  xcs.return
}

// -----

// a yield stands in an op whose regions yield
// CHECK: :4: error: `xcs.yield`: 'xcs.yield' must be the last operation in its parent block
// CHECK-NEXT: "xcs.yield"() : () -> ()
xcs.func @f() -> () {
  "xcs.yield"() : () -> ()
  xcs.return
}

// -----

// a yield ends its block
// CHECK: :5: error: `xcs.yield`: 'xcs.yield' must be the last operation in its parent block
// CHECK-NEXT: xcs.yield
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.if %a {
    xcs.yield
    xcs.yield
  }
  xcs.return
}

// -----

// one exception is raised
// CHECK: :4: error: `xcs.raise`: expected 1 or 2 operands, but got 3
// CHECK-NEXT: "xcs.raise"(%a, %a, %a) : (!xcs.obj, !xcs.obj, !xcs.obj) -> ()
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.raise"(%a, %a, %a) : (!xcs.obj, !xcs.obj, !xcs.obj) -> ()
  xcs.return
}

// -----

// a truth test has an effect
// CHECK: :4: error: `xcs.if`: "pure" should be of base attribute xcs.effect
// CHECK-NEXT: "xcs.if"(%a) <{truth = "pure"}> ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.if"(%a) <{truth = "pure"}> ({
    "xcs.yield"() : () -> ()
  }, {
    "xcs.yield"() : () -> ()
  }) : (!xcs.obj) -> ()
  xcs.return
}

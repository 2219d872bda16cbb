// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// the body of a map yields as many values as there are lists
// CHECK: :4: error: `xcs.map`: expected the body to yield 0 values, found 1
// CHECK-NEXT: "xcs.map"(%l) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.map"(%l) ({
  ^bb0(%x : !xcs.obj<"str">):
    "xcs.yield"(%x) : (!xcs.obj<"str">) -> ()
  }) : (!xcs.list<!xcs.obj<"str">>) -> ()
  xcs.return
}

// -----

// of the right types
// CHECK: :8: error: `xcs.map`: expected value 0 yielded by the body of type `!xcs.obj<"int">`, found `!xcs.obj<"str">`
// CHECK-NEXT: %r = xcs.map %x in %l -> (!xcs.list<!xcs.obj<"int">>) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.map %x in %l -> (!xcs.list<!xcs.obj<"int">>) {
    xcs.yield %x
  }
  xcs.return
}

// -----

// results are lists
// CHECK: :8: error: `xcs.map`: expected results of list type, found `!xcs.obj<"str">`
// CHECK-NEXT: %r = xcs.map %x in %l -> (!xcs.obj<"str">) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.map %x in %l -> (!xcs.obj<"str">) {
    xcs.yield %x
  }
  xcs.return
}

// -----

// the body takes the element
// CHECK: :4: error: `xcs.map`: expected the body to have 1 block argument, found 0
// CHECK-NEXT: "xcs.map"(%l) ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.map"(%l) ({
    "xcs.yield"() : () -> ()
  }) : (!xcs.list<!xcs.obj<"str">>) -> ()
  xcs.return
}

// -----

// of its type
// CHECK: :3: error: `xcs.map`: expected block argument 0 of the body for a value of type `!xcs.obj<"int">`, found `!xcs.obj<"str">`
// CHECK-NEXT: xcs.map %x : !xcs.obj<"int"> in %l {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.map %x : !xcs.obj<"int"> in %l {
    xcs.yield
  }
  xcs.return
}

// -----

// a batch has a size
// CHECK: :3: error: `xcs.map`: expected `batch` to be at least 1, found 0
// CHECK-NEXT: xcs.map %x in %l batch 0 {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.map %x in %l batch 0 {
    xcs.yield
  }
  xcs.return
}

// -----

// an ensemble has branches
// CHECK: :2: error: `xcs.ensemble`: expected at least one branch
// CHECK-NEXT: "xcs.ensemble"() : () -> ()
"xcs.ensemble"() : () -> ()

// -----

// which yield something
// CHECK: :8: error: `xcs.ensemble`: expected branch 1 to yield at least one value
// CHECK-NEXT: %r = xcs.ensemble {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.ensemble {
    xcs.yield %a
  }, {
    xcs.yield
  }
  xcs.return
}

// -----

// together as many values as there are results
// CHECK: :9: error: `xcs.ensemble`: expected the branches to yield 1 value, found 2
// CHECK-NEXT: %r = "xcs.ensemble"() ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = "xcs.ensemble"() ({
    "xcs.yield"(%a) : (!xcs.obj) -> ()
  }, {
    "xcs.yield"(%a) : (!xcs.obj) -> ()
  }) : () -> !xcs.obj
  xcs.return
}

// -----

// of the right types
// CHECK: :8: error: `xcs.ensemble`: expected yielded value 0 of type `!xcs.obj<"str">`, found `!xcs.obj`
// CHECK-NEXT: %r = xcs.ensemble -> (!xcs.obj<"str">) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.ensemble -> (!xcs.obj<"str">) {
    xcs.yield %a
  }
  xcs.return
}

// -----

// and take nothing
// CHECK: :9: error: `xcs.ensemble`: expected branch 0 to have 0 block arguments, found 1
// CHECK-NEXT: %r = "xcs.ensemble"() ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = "xcs.ensemble"() ({
  ^bb0(%x : !xcs.obj):
    "xcs.yield"(%a) : (!xcs.obj) -> ()
  }) : () -> !xcs.obj
  xcs.return
}

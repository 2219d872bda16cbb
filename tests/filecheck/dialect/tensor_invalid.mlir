// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// array code is of a known kind
// CHECK: :3: error: `xcs.tensor`: expected the kind to be `jax` or `numpy`, found `torch`
// CHECK-NEXT: xcs.tensor torch pure (%b = %a) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.tensor torch pure (%b = %a) {
    xcs.yield
  }
  xcs.return
}

// -----

// its region uses only its arguments
// CHECK: :8: error: `xcs.tensor`: expected the body to use only its block arguments, found a capture in `xcs.yield`
// CHECK-NEXT: %r = xcs.tensor jax pure (%b = %a) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.tensor jax pure (%b = %a) {
    xcs.yield %a
  }
  xcs.return
}

// -----

// at any depth
// CHECK: :8: error: `xcs.tensor`: expected the body to use only its block arguments, found a capture in `xcs.yield`
// CHECK-NEXT: %r = xcs.tensor jax pure (%b = %a) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.tensor jax pure (%b = %a) {
    %t = xcs.if %b {
      xcs.yield %s
    } else {
      xcs.yield %b
    }
    xcs.yield %t
  }
  xcs.return
}

// -----

// and yields the results
// CHECK: :8: error: `xcs.tensor`: expected the body to yield 1 value, found 0
// CHECK-NEXT: %r = xcs.tensor jax pure (%b = %a) -> (!xcs.obj) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.tensor jax pure (%b = %a) -> (!xcs.obj) {
    xcs.yield
  }
  xcs.return
}

// -----

// of the right types
// CHECK: :8: error: `xcs.tensor`: expected value 0 yielded by the body of type `tensor<4xf32>`, found `!xcs.obj`
// CHECK-NEXT: %r = xcs.tensor jax pure (%b = %a) -> (tensor<4xf32>) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.tensor jax pure (%b = %a) -> (tensor<4xf32>) {
    xcs.yield %b
  }
  xcs.return
}

// -----

// operands flow into the arguments
// CHECK: :3: error: `xcs.tensor`: expected block argument 0 of the body for a value of type `tensor<4xf32>`, found `!xcs.obj`
// CHECK-NEXT: xcs.tensor jax pure (%b : tensor<4xf32> = %a) {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.tensor jax pure (%b : tensor<4xf32> = %a) {
    xcs.yield
  }
  xcs.return
}

// -----

// one for each
// CHECK: :4: error: `xcs.tensor`: expected the body to have 1 block argument, found 0
// CHECK-NEXT: "xcs.tensor"(%a) <{kind = "jax", effect = #xcs.effect<pure>}> ({
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.tensor"(%a) <{kind = "jax", effect = #xcs.effect<pure>}> ({
    "xcs.yield"() : () -> ()
  }) : (!xcs.obj) -> ()
  xcs.return
}

// -----

// a kernel's braces are balanced
// CHECK: :2: error: `xcs.xla`: expected balanced braces in the text of a kernel, found 1 without an end
// CHECK-NEXT: "xcs.xla"() <{sym_name = "k", text = "module {"}> : () -> ()
"xcs.xla"() <{sym_name = "k", text = "module {"}> : () -> ()

// -----

// none closes the text
// CHECK: :2: error: `xcs.xla`: expected balanced braces in the text of a kernel, found a closing brace too many
// CHECK-NEXT: "xcs.xla"() <{sym_name = "k", text = "} {"}> : () -> ()
"xcs.xla"() <{sym_name = "k", text = "} {"}> : () -> ()

// -----

// its strings end
// CHECK: :2: error: `xcs.xla`: expected balanced braces in the text of a kernel, found a string literal without an end
// CHECK-NEXT: "xcs.xla"() <{sym_name = "k", text = "module {\22}"}> : () -> ()
"xcs.xla"() <{sym_name = "k", text = "module {\22}"}> : () -> ()

// -----

// there is no white space around it
// CHECK: :2: error: `xcs.xla`: expected the text of a kernel without white space around it
// CHECK-NEXT: "xcs.xla"() <{sym_name = "k", text = " module {}"}> : () -> ()
"xcs.xla"() <{sym_name = "k", text = " module {}"}> : () -> ()

// -----

// a kernel stands in a module
// CHECK: :3: error: `xcs.xla`: 'xcs.xla' expects parent op 'builtin.module'
// CHECK-NEXT: xcs.xla @k {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.xla @k {
  module {}
  }
  xcs.return
}

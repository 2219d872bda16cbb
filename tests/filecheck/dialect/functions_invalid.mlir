// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// a function returns what its type says
// CHECK: :1: error: `xcs.func`: expected the function to return 1 value, found 0
// CHECK-NEXT: xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  xcs.return
}

// -----

// what it returns flows into the result type
// CHECK: :1: error: `xcs.func`: expected returned value 0 of type `!xcs.obj<"str">`, found `!xcs.obj`
// CHECK-NEXT: xcs.func @f(%a : !xcs.obj) -> (!xcs.obj<"str">) {
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj<"str">) {
  xcs.return %a
}

// -----

// a function ends in a return
// CHECK: :1: error: `xcs.func`: expected the body to be one block that ends in `xcs.return`
// CHECK-NEXT: xcs.func @f(%a : !xcs.obj) -> () {
xcs.func @f(%a : !xcs.obj) -> () {
  %b = xcs.constant 1
}

// -----

// and has a body
// CHECK: :2: error: `xcs.func`: region 'body' at position 0 expected a single block, but got 0 blocks
// CHECK-NEXT: "xcs.func"() <{sym_name = "f", function_type = () -> ()}> ({
"xcs.func"() <{sym_name = "f", function_type = () -> ()}> ({
}) : () -> ()

// -----

// of one block
// CHECK: :2: error: `xcs.func`: region 'body' at position 0 expected a single block, but got 2 blocks
// CHECK-NEXT: "xcs.func"() <{sym_name = "f", function_type = () -> ()}> ({
"xcs.func"() <{sym_name = "f", function_type = () -> ()}> ({
  "xcs.return"() : () -> ()
^bb1:
  "xcs.return"() : () -> ()
}) : () -> ()

// -----

// parameters have the types of the function
// CHECK: :2: error: `xcs.func`: expected the parameters to have the types that `function_type` states
// CHECK-NEXT: "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj) -> ()}> ({
"xcs.func"() <{sym_name = "f", function_type = (!xcs.obj) -> ()}> ({
  "xcs.return"() : () -> ()
}) : () -> ()

// -----

// a function stands in a module
// CHECK: :3: error: `xcs.func`: 'xcs.func' expects parent op 'builtin.module'
// CHECK-NEXT: xcs.func @g() -> () {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.func @g() -> () {
    xcs.return
  }
  xcs.return
}

// -----

// a return stands in a function
// CHECK: :3: error: `xcs.if`: expected the `then` region to be one block that ends in `xcs.yield`
// CHECK-NEXT: xcs.if %a {
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.if %a {
    xcs.return
  }
  xcs.return
}

// -----

// a function uses nothing from outside
// CHECK: :3: error: `xcs.return`: operand `%c` is defined outside the `xcs.func` around it, which uses only what is inside
// CHECK-NEXT: xcs.return %c
%c = xcs.constant 1
xcs.func @f() -> (!xcs.obj) {
  xcs.return %c
}

// -----

// a callable has an effect
// CHECK: :1: error: `xcs.callable`: property 'effect' expected in operation 'xcs.callable'
// CHECK-NEXT: xcs.callable @g {path = "app:g"}
xcs.callable @g {path = "app:g"}

// -----

// a callable stands in a module
// CHECK: :3: error: `xcs.callable`: 'xcs.callable' expects parent op 'builtin.module'
// CHECK-NEXT: xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
  xcs.return
}

// -----

// a latency is not negative
// CHECK: :1: error: `xcs.callable`: expected `latency_s` to be a number of seconds, not negative
// CHECK-NEXT: xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>, latency_s = -1.0 : f64}
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>, latency_s = -1.0 : f64}

// -----

// nor is it not a number
// CHECK: :1: error: `xcs.callable`: expected `latency_s` to be a number of seconds, not negative
// CHECK-NEXT: xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>, latency_s = 0x7FF8000000000000 : f64}
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>, latency_s = 0x7FF8000000000000 : f64}

// -----

// outside state is of a known kind
// CHECK: :1: error: `xcs.outside`: expected `kind` to be one of `global`, `cell`, `object`, found `local`
// CHECK-NEXT: xcs.outside @g {kind = "local", path = "app:g"}
xcs.outside @g {kind = "local", path = "app:g"}

// -----

// properties are known
// CHECK: :2: error: `xcs.outside`: property 'color' is not defined by the operation 'xcs.outside'. Use the dictionary attribute to add arbitrary information to the operation
// CHECK-NEXT: "xcs.outside"() <{sym_name = "g", kind = "cell", path = "app:g", color = "red"}> : () -> ()
"xcs.outside"() <{sym_name = "g", kind = "cell", path = "app:g", color = "red"}> : () -> ()

// -----

// a batch has a size
// CHECK: :1: error: `xcs.callable`: expected `max_batch` to be at least 1, found 0
// CHECK-NEXT: xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>, batch = "app:gs", max_batch = 0 : i64}
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>, batch = "app:gs", max_batch = 0 : i64}

// -----

// and a form
// CHECK: :1: error: `xcs.callable`: expected `batch` beside `max_batch`: the path of the batch form
// CHECK-NEXT: xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>, max_batch = 8 : i64}
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>, max_batch = 8 : i64}

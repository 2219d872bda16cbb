// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// a value is defined before it is used
// CHECK: :4: error: `xcs.append`: operand `%x` is used before it is defined
// CHECK-NEXT: "xcs.append"(%x, %x) : (!xcs.obj, !xcs.obj) -> !xcs.obj
xcs.func @f() -> () {
  "xcs.append"(%x, %x) : (!xcs.obj, !xcs.obj) -> !xcs.obj
  %x = xcs.constant 1
  xcs.return
}

// -----

// also by a use in a region
// CHECK: :6: error: `xcs.append`: operand `%x` is used before it is defined
// CHECK-NEXT: "xcs.append"(%x, %x) : (!xcs.obj, !xcs.obj) -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.if %a {
    "xcs.append"(%x, %x) : (!xcs.obj, !xcs.obj) -> !xcs.obj
    xcs.yield
  }
  %x = xcs.constant 1
  xcs.return
}

// -----

// also in its own operands
// CHECK: :9: error: `xcs.append`: operand `%x` is used before it is defined
// CHECK-NEXT: %x = "xcs.append"(%x, %a) : (!xcs.obj, !xcs.obj) -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %x = "xcs.append"(%x, %a) : (!xcs.obj, !xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// a value of a region stays inside
// CHECK: :4: error: `xcs.append`: operand `%x` is used outside the region that defines it
// CHECK-NEXT: "xcs.append"(%x, %x) : (!xcs.obj, !xcs.obj) -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.append"(%x, %x) : (!xcs.obj, !xcs.obj) -> !xcs.obj
  xcs.if %a {
    %x = xcs.constant 1
    xcs.yield
  }
  xcs.return
}

// -----

// the custom syntax needs values that are defined above
// CHECK: :19: error: value `%x` is not defined here
// CHECK-NEXT: %y = xcs.append %x, %x
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %y = xcs.append %x, %x
  %x = xcs.constant 1
  xcs.return
}

// -----

// and in sight
// CHECK: :19: error: value `%x` is not defined here
// CHECK-NEXT: %y = xcs.append %x, %x
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.if %a {
    %x = xcs.constant 1
    xcs.yield
  }
  %y = xcs.append %x, %x
  xcs.return
}

// -----

// values are defined at all
// CHECK: :16: error: value `%x` is not defined
// CHECK-NEXT: "xcs.append"(%x, %x) : (!xcs.obj, !xcs.obj) -> !xcs.obj
xcs.func @f() -> () {
  "xcs.append"(%x, %x) : (!xcs.obj, !xcs.obj) -> !xcs.obj
  xcs.return
}

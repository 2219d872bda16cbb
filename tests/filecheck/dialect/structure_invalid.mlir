// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// dicts are made of pairs
// CHECK: :4: error: `xcs.make_dict`: expected pairs of key and value, found 1 operand
// CHECK-NEXT: "xcs.make_dict"(%a) : (!xcs.obj) -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.make_dict"(%a) : (!xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// a starred part exists
// CHECK: :12: error: `xcs.unpack`: expected `star` to name one of 2 results, found 2
// CHECK-NEXT: %x, %y = xcs.unpack pure %a star 2 -> (!xcs.obj, !xcs.obj)
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %x, %y = xcs.unpack pure %a star 2 -> (!xcs.obj, !xcs.obj)
  xcs.return
}

// -----

// and is not negative
// CHECK: :12: error: `xcs.unpack`: expected `star` to name one of 2 results, found -1
// CHECK-NEXT: %x, %y = xcs.unpack pure %a star -1 -> (!xcs.obj, !xcs.obj)
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %x, %y = xcs.unpack pure %a star -1 -> (!xcs.obj, !xcs.obj)
  xcs.return
}

// -----

// a constant has a value
// CHECK: :7: error: `xcs.constant`: property 'value' expected in operation 'xcs.constant'
// CHECK-NEXT: %c = "xcs.constant"() : () -> !xcs.obj
%c = "xcs.constant"() : () -> !xcs.obj

// -----

// which is a literal
// CHECK: :7: error: `xcs.constant`: "text" should be of base attribute xcs.literal
// CHECK-NEXT: %c = "xcs.constant"() <{value = "text"}> : () -> !xcs.obj
%c = "xcs.constant"() <{value = "text"}> : () -> !xcs.obj

// -----

// items are read with an effect
// CHECK: :9: error: `xcs.getitem`: property 'effect' expected in operation 'xcs.getitem'
// CHECK-NEXT: %x = "xcs.getitem"(%a, %a) : (!xcs.obj, !xcs.obj) -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %x = "xcs.getitem"(%a, %a) : (!xcs.obj, !xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// of a container and a key
// CHECK: :9: error: `xcs.getitem`: expected 2 operands, but got 1
// CHECK-NEXT: %x = "xcs.getitem"(%a) <{effect = #xcs.effect<pure>}> : (!xcs.obj) -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %x = "xcs.getitem"(%a) <{effect = #xcs.effect<pure>}> : (!xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// attributes have names
// CHECK: :9: error: `xcs.getattr`: property 'name' expected in operation 'xcs.getattr'
// CHECK-NEXT: %x = "xcs.getattr"(%a) <{effect = #xcs.effect<pure>}> : (!xcs.obj) -> !xcs.obj
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %x = "xcs.getattr"(%a) <{effect = #xcs.effect<pure>}> : (!xcs.obj) -> !xcs.obj
  xcs.return
}

// -----

// an op has the results of its kind
// CHECK: :4: error: `xcs.append`: expected 1 result, but got 0
// CHECK-NEXT: "xcs.append"(%a, %a) : (!xcs.obj, !xcs.obj) -> ()
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  "xcs.append"(%a, %a) : (!xcs.obj, !xcs.obj) -> ()
  xcs.return
}

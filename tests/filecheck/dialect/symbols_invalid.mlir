// RUN: xcs-opt %s --split-input-file --verify-diagnostics | filecheck %s

// symbols are declared once
// CHECK: :1: error: `xcs.outside`: symbol `@g` is declared again
// CHECK-NEXT: xcs.outside @g {kind = "cell", path = "app:g"}
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.outside @g {kind = "cell", path = "app:g"}

// -----

// callees are declared
// CHECK: :8: error: `xcs.call`: symbol `@g` is not declared
// CHECK-NEXT: %r = xcs.call pure @g(%a)
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.call pure @g(%a)
  xcs.return
}

// -----

// as callables
// CHECK: :8: error: `xcs.call`: expected symbol `@h` to be a `xcs.callable`, found a `xcs.func`
// CHECK-NEXT: %r = xcs.call pure @h(%a)
xcs.func @h(%s : !xcs.obj<"str">) -> (!xcs.obj) {
  xcs.return %s
}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.call pure @h(%a)
  xcs.return
}

// -----

// invoked functions are declared
// CHECK: :8: error: `xcs.invoke`: symbol `@g` is not declared
// CHECK-NEXT: %r = xcs.invoke pure @g(%a)
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.invoke pure @g(%a)
  xcs.return
}

// -----

// as functions
// CHECK: :8: error: `xcs.invoke`: expected symbol `@g` to be a `xcs.func`, found a `xcs.callable`
// CHECK-NEXT: %r = xcs.invoke pure @g(%a)
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.invoke pure @g(%a)
  xcs.return
}

// -----

// with as many operands as parameters
// CHECK: :8: error: `xcs.invoke`: expected 1 operand for `@h`, found 2
// CHECK-NEXT: %r = xcs.invoke pure @h(%s, %a)
xcs.func @h(%s : !xcs.obj<"str">) -> (!xcs.obj) {
  xcs.return %s
}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.invoke pure @h(%s, %a)
  xcs.return
}

// -----

// with as many results
// CHECK: :12: error: `xcs.invoke`: expected 1 result from `@h`, found 2
// CHECK-NEXT: %r, %t = xcs.invoke pure @h(%s) -> (!xcs.obj, !xcs.obj)
xcs.func @h(%s : !xcs.obj<"str">) -> (!xcs.obj) {
  xcs.return %s
}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r, %t = xcs.invoke pure @h(%s) -> (!xcs.obj, !xcs.obj)
  xcs.return
}

// -----

// with operands of the parameters' types, or about which one of the two says less
// CHECK: :8: error: `xcs.invoke`: expected operand 0 of `@h` of type `!xcs.obj<"str">`, found `!xcs.list<!xcs.obj<"str">>`
// CHECK-NEXT: %r = xcs.invoke pure @h(%l)
xcs.func @h(%s : !xcs.obj<"str">) -> (!xcs.obj) {
  xcs.return %s
}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.invoke pure @h(%l)
  xcs.return
}

// -----

// and results that flow into those of the call
// CHECK: :8: error: `xcs.invoke`: expected result 0 of `@h` of type `!xcs.obj`, found `!xcs.obj<"str">`
// CHECK-NEXT: %r = xcs.invoke pure @h(%s) -> (!xcs.obj<"str">)
xcs.func @h(%s : !xcs.obj<"str">) -> (!xcs.obj) {
  xcs.return %s
}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.invoke pure @h(%s) -> (!xcs.obj<"str">)
  xcs.return
}

// -----

// kernels are declared
// CHECK: :8: error: `xcs.xla_call`: symbol `@k` is not declared
// CHECK-NEXT: %r = xcs.xla_call pure @k(%a)
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.xla_call pure @k(%a)
  xcs.return
}

// -----

// as kernels
// CHECK: :8: error: `xcs.xla_call`: expected symbol `@h` to be a `xcs.xla`, found a `xcs.func`
// CHECK-NEXT: %r = xcs.xla_call pure @h(%a)
xcs.func @h(%s : !xcs.obj<"str">) -> (!xcs.obj) {
  xcs.return %s
}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.xla_call pure @h(%a)
  xcs.return
}

// -----

// loaded state is declared
// CHECK: :8: error: `xcs.load`: symbol `@nothing` is not declared
// CHECK-NEXT: %r = xcs.load @nothing
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.load @nothing
  xcs.return
}

// -----

// as outside state
// CHECK: :8: error: `xcs.load`: expected symbol `@g` to be a `xcs.outside`, found a `xcs.callable`
// CHECK-NEXT: %r = xcs.load @g
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  %r = xcs.load @g
  xcs.return
}

// -----

// so is stored state
// CHECK: :3: error: `xcs.store_cell`: expected symbol `@g` to be a `xcs.outside`, found a `xcs.callable`
// CHECK-NEXT: xcs.store_cell ordered @g = %a
xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj, %l : !xcs.list<!xcs.obj<"str">>, %s : !xcs.obj<"str">) -> () {
  xcs.store_cell ordered @g = %a
  xcs.return
}

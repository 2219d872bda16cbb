// RUN: xcs-opt -p xcs-batch --split-input-file %s | filecheck %s

// The calls of a map.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all", max_batch = 16 : i64}
xcs.callable @clean {path = "app:clean", effect = #xcs.effect<pure>}
xcs.func @map(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs snapshot {
    %c = xcs.call pure @clean(%x)
    %y = xcs.call unordered external @embed(%c)
    xcs.yield %y
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @map
// CHECK:         %ys = xcs.map %x in %xs snapshot batch 16 {
// CHECK:           %y = xcs.call unordered external @embed(%c){{$}}

// -----

// Two callables in one map: the larger size; each keeps to its own.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all", max_batch = 16 : i64}
xcs.callable @look_up {path = "app:look_up", effect = #xcs.effect<reads, sees_writes, external>, batch = "app:look_up_all", max_batch = 100 : i64}
xcs.func @two(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs {
    %e = xcs.call unordered external @embed(%x)
    %y = xcs.call reads sees_writes external @look_up(%e)
    xcs.yield %y
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @two
// CHECK:         %ys = xcs.map %x in %xs batch 100 {

// -----

// Independent calls in a row, whatever else they are passed; what stands under a condition in a map; loops.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all", max_batch = 16 : i64}
xcs.func @row(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %x = xcs.call unordered external @embed(%a)
  %y = xcs.call unordered external @embed(%b, dim = 3)
  xcs.return %x, %y
}
xcs.func @some(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs {
    %y = xcs.if %x {
      %e = xcs.call unordered external @embed(%x)
      xcs.yield %e
    } else {
      xcs.yield %x
    }
    xcs.yield %y
  }
  xcs.return %ys
}
xcs.func @loop(%xs : !xcs.obj, %init : !xcs.obj) -> (!xcs.obj) {
  %r = xcs.for %x in %xs iter(%acc = %init) {
    %e = xcs.call unordered external @embed(%x) -> (!xcs.obj<"str">)
    %t = xcs.make_tuple(%acc, %e)
    xcs.yield %t
  }
  xcs.return %r
}
// CHECK-LABEL: xcs.func @row
// CHECK:         %x = xcs.call unordered external @embed(%a) batch 16
// CHECK-NEXT:    %y = xcs.call unordered external @embed(%b, dim = 3) batch 16
// CHECK-LABEL: xcs.func @some
// CHECK:         xcs.map %x in %xs {
// CHECK:           %e = xcs.call unordered external @embed(%x) batch 16
// CHECK-LABEL: xcs.func @loop
// CHECK:           %e = xcs.call unordered external @embed(%x) batch 16 -> (!xcs.obj<"str">)

// -----

// Calls that are awaited.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>, batch = "app:ask_all", max_batch = 16 : i64}
xcs.func @awaited(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %x = xcs.call async unordered external @ask(%a)
  %y = xcs.call async unordered external @ask(%b)
  xcs.return %x, %y
}
// CHECK-LABEL: xcs.func @awaited
// CHECK:         %x = xcs.call async unordered external @ask(%a) batch 16
// CHECK-NEXT:    %y = xcs.call async unordered external @ask(%b) batch 16

// -----

// A function that others call.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all", max_batch = 16 : i64}
xcs.func @main(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %x = xcs.invoke unordered external @one(%a)
  %y = xcs.invoke unordered external @one(%b)
  xcs.return %x, %y
}
xcs.func @one(%a : !xcs.obj) -> (!xcs.obj) {
  %x = xcs.call unordered external @embed(%a)
  xcs.return %x
}
// CHECK-LABEL: xcs.func @one
// CHECK:         %x = xcs.call unordered external @embed(%a) batch 16

// -----

// Not: a lone call, a chain, calls that keep an order or that mutate.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all", max_batch = 16 : i64}
xcs.callable @save {path = "app:save", effect = #xcs.effect<ordered>, batch = "app:save_all", max_batch = 16 : i64}
xcs.callable @fill {path = "app:fill", effect = #xcs.effect<pure>, batch = "app:fill_all", max_batch = 16 : i64}

xcs.func @chain(%a : !xcs.obj) -> (!xcs.obj) {
  %x = xcs.call unordered external @embed(%a)
  %y = xcs.call unordered external @embed(%x)
  xcs.return %y
}
xcs.func @others(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs {
    %s = xcs.call ordered @save(%x)
    %l = xcs.make_list()
    %n, %f = xcs.call pure @fill(%l) mutates [0]
    xcs.yield %f
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @chain
// CHECK-NOT:     batch
// CHECK-LABEL: xcs.func @others
// CHECK-NOT:     batch
// CHECK:         xcs.return

// -----

// Not: a declaration without a size, a map that is vectorised or has its size already.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>, batch = "app:embed_all"}
xcs.callable @sized {path = "app:sized", effect = #xcs.effect<unordered, external>, batch = "app:sized_all", max_batch = 16 : i64}
xcs.func @unsized(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs {
    %y = xcs.call unordered external @embed(%x)
    xcs.yield %y
  }
  xcs.return %ys
}
xcs.func @stated(%xs : !xcs.obj) -> (!xcs.list<!xcs.obj>) {
  %ys = xcs.map %x in %xs batch 4 {
    %y = xcs.call unordered external @sized(%x)
    xcs.yield %y
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @unsized
// CHECK:         xcs.map %x in %xs {
// CHECK-LABEL: xcs.func @stated
// CHECK:         xcs.map %x in %xs batch 4 {

// RUN: xcs-opt -p xcs-reroll --split-input-file %s | filecheck %s

// Calls that differ in one operand, all in one list.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>}
xcs.func @one_operand(%a : !xcs.obj, %b : !xcs.obj, %c : !xcs.obj, %m : !xcs.obj) -> (!xcs.obj) {
  %1 = xcs.call unordered external @embed(%a, %m, size = 3)
  %2 = xcs.call unordered external @embed(%b, %m, size = 3)
  %text = xcs.constant "text"
  %3 = xcs.call unordered external @embed(%text, %m, size = 3)
  %4 = xcs.call unordered external @embed(%c, %m, size = 3)
  %l = xcs.make_list(%1, %2, %3, %4)
  xcs.return %l
}
// CHECK-LABEL: xcs.func @one_operand(%a : !xcs.obj, %b : !xcs.obj, %c : !xcs.obj, %m : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %text = xcs.constant "text"
// CHECK-NEXT:    %0 = xcs.make_list(%a, %b, %text, %c) -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:    %l = xcs.map %1 in %0 snapshot {
// CHECK-NEXT:      %2 = xcs.call unordered external @embed(%1, %m, size = 3)
// CHECK-NEXT:      xcs.yield %2
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %l
// CHECK-NEXT:  }

// -----

// Two operands differ, and the results go to one call.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>}
xcs.callable @best {path = "app:best", effect = #xcs.effect<pure>}
xcs.func @two_operands(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
  %1 = xcs.call unordered external @embed(%a, %b)
  %2 = xcs.call unordered external @embed(%b, %a)
  %3 = xcs.call unordered external @embed(%a, %a)
  %4 = xcs.call unordered external @embed(%b, %b)
  %r = xcs.call pure @best(%1, %2, %3, %4)
  xcs.return %r
}
// CHECK-LABEL: xcs.func @two_operands(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %0 = xcs.make_tuple(%a, %b)
// CHECK-NEXT:    %1 = xcs.make_tuple(%b, %a)
// CHECK-NEXT:    %2 = xcs.make_tuple(%a, %a)
// CHECK-NEXT:    %3 = xcs.make_tuple(%b, %b)
// CHECK-NEXT:    %4 = xcs.make_list(%0, %1, %2, %3) -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:    %5 = xcs.map %6 in %4 snapshot {
// CHECK-NEXT:      %7, %8 = xcs.unpack pure total %6 -> (!xcs.obj, !xcs.obj)
// CHECK-NEXT:      %9 = xcs.call unordered external @embed(%7, %8)
// CHECK-NEXT:      xcs.yield %9
// CHECK-NEXT:    }
// CHECK-NEXT:    %10, %11, %12, %13 = xcs.unpack pure total %5 -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj)
// CHECK-NEXT:    %r = xcs.call pure @best(%10, %11, %12, %13)
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }

// -----

// The same call several times: samples.
xcs.callable @sample {path = "app:sample", effect = #xcs.effect<unordered, external>}
xcs.func @samples(%q : !xcs.obj) -> (!xcs.obj) {
  %1 = xcs.call unordered external @sample(%q)
  %2 = xcs.call unordered external @sample(%q)
  %3 = xcs.call unordered external @sample(%q)
  %4 = xcs.call unordered external @sample(%q)
  %l = xcs.make_list(%1, %2, %3, %4)
  xcs.return %l
}
// CHECK-LABEL: xcs.func @samples(%q : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %0 = xcs.make_list(%q, %q, %q, %q) -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:    %l = xcs.map %1 in %0 snapshot {
// CHECK-NEXT:      %2 = xcs.call unordered external @sample(%1)
// CHECK-NEXT:      xcs.yield %2
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %l
// CHECK-NEXT:  }

// -----

// Not: too few; not alike.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>}
xcs.callable @other {path = "app:other", effect = #xcs.effect<unordered, external>}
xcs.func @unlike(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
  %1 = xcs.call unordered external @embed(%a)
  %2 = xcs.call unordered external @embed(%b)
  %3 = xcs.call unordered external @embed(%b, size = 3)
  %4 = xcs.call unordered external @other(%a)
  %5 = xcs.call unordered external @embed(%a)
  %l = xcs.make_list(%1, %2, %3, %4, %5)
  xcs.return %l
}
// CHECK-LABEL: xcs.func @unlike(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %0 = xcs.call unordered external @embed(%a)
// CHECK-NEXT:    %1 = xcs.call unordered external @embed(%b)
// CHECK-NEXT:    %2 = xcs.call unordered external @embed(%b, size = 3)
// CHECK-NEXT:    %3 = xcs.call unordered external @other(%a)
// CHECK-NEXT:    %4 = xcs.call unordered external @embed(%a)
// CHECK-NEXT:    %l = xcs.make_list(%0, %1, %2, %3, %4)
// CHECK-NEXT:    xcs.return %l
// CHECK-NEXT:  }

// -----

// Not: one needs the result of another.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>}
xcs.func @dependent(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
  %1 = xcs.call unordered external @embed(%a)
  %2 = xcs.call unordered external @embed(%b)
  %3 = xcs.call unordered external @embed(%1)
  %4 = xcs.call unordered external @embed(%b)
  %l = xcs.make_list(%1, %2, %3, %4)
  xcs.return %l
}
// CHECK-LABEL: xcs.func @dependent(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %0 = xcs.call unordered external @embed(%a)
// CHECK-NEXT:    %1 = xcs.call unordered external @embed(%b)
// CHECK-NEXT:    %2 = xcs.call unordered external @embed(%0)
// CHECK-NEXT:    %3 = xcs.call unordered external @embed(%b)
// CHECK-NEXT:    %l = xcs.make_list(%0, %1, %2, %3)
// CHECK-NEXT:    xcs.return %l
// CHECK-NEXT:  }

// -----

// Not: a result is wanted before the others, or one call has to wait longer.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>}
xcs.callable @slow {path = "app:slow", effect = #xcs.effect<unordered, external>}
xcs.func @early_user(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
  %1 = xcs.call unordered external @embed(%a)
  %2 = xcs.call unordered external @embed(%b)
  %3 = xcs.call unordered external @embed(%a)
  %4 = xcs.call unordered external @embed(%b)
  %l = xcs.make_list(%1, %2, %3, %4)
  %u = xcs.call unordered external @slow(%1)
  %5 = xcs.call unordered external @embed(%a, 1)
  %6 = xcs.call unordered external @embed(%b, 1)
  %7 = xcs.call unordered external @embed(%a, 1)
  %8 = xcs.call unordered external @embed(%u, 1)
  %k = xcs.make_list(%5, %6, %7, %8)
  xcs.return %l, %u, %k
}
// CHECK-LABEL: xcs.func @early_user(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %0 = xcs.call unordered external @embed(%a)
// CHECK-NEXT:    %1 = xcs.call unordered external @embed(%b)
// CHECK-NEXT:    %2 = xcs.call unordered external @embed(%a)
// CHECK-NEXT:    %3 = xcs.call unordered external @embed(%b)
// CHECK-NEXT:    %l = xcs.make_list(%0, %1, %2, %3)
// CHECK-NEXT:    %u = xcs.call unordered external @slow(%0)
// CHECK-NEXT:    %4 = xcs.call unordered external @embed(%a, 1)
// CHECK-NEXT:    %5 = xcs.call unordered external @embed(%b, 1)
// CHECK-NEXT:    %6 = xcs.call unordered external @embed(%a, 1)
// CHECK-NEXT:    %7 = xcs.call unordered external @embed(%u, 1)
// CHECK-NEXT:    %k = xcs.make_list(%4, %5, %6, %7)
// CHECK-NEXT:    xcs.return %l, %u, %k
// CHECK-NEXT:  }

// -----

// Not: an op that may raise stands between; a call with an effect of another kind.
xcs.callable @embed {path = "app:embed", effect = #xcs.effect<unordered, external>}
xcs.callable @parse {path = "app:parse", effect = #xcs.effect<pure>}
xcs.callable @print {path = "builtins:print", effect = #xcs.effect<ordered>}
xcs.func @between(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %1 = xcs.call unordered external @embed(%a)
  %2 = xcs.call unordered external @embed(%b)
  %p = xcs.call pure @parse(%a)
  %3 = xcs.call unordered external @embed(%a)
  %4 = xcs.call unordered external @embed(%b)
  %l = xcs.make_list(%1, %2, %3, %4)
  %5 = xcs.call ordered @print(%a)
  %6 = xcs.call ordered @print(%b)
  %7 = xcs.call ordered @print(%a)
  %8 = xcs.call ordered @print(%b)
  %k = xcs.make_list(%5, %6, %7, %8)
  xcs.return %l, %k
}
// CHECK-LABEL: xcs.func @between(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %0 = xcs.call unordered external @embed(%a)
// CHECK-NEXT:    %1 = xcs.call unordered external @embed(%b)
// CHECK-NEXT:    %p = xcs.call pure @parse(%a)
// CHECK-NEXT:    %2 = xcs.call unordered external @embed(%a)
// CHECK-NEXT:    %3 = xcs.call unordered external @embed(%b)
// CHECK-NEXT:    %l = xcs.make_list(%0, %1, %2, %3)
// CHECK-NEXT:    %4 = xcs.call ordered @print(%a)
// CHECK-NEXT:    %5 = xcs.call ordered @print(%b)
// CHECK-NEXT:    %6 = xcs.call ordered @print(%a)
// CHECK-NEXT:    %7 = xcs.call ordered @print(%b)
// CHECK-NEXT:    %k = xcs.make_list(%4, %5, %6, %7)
// CHECK-NEXT:    xcs.return %l, %k
// CHECK-NEXT:  }

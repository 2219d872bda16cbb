// RUN: xcs-opt -p xcs-fuse-maps --split-input-file %s | filecheck %s

// The second body can't raise: it runs along, element by element.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @wrap {path = "app:wrap", effect = #xcs.effect<pure>}
xcs.func @calls_then_total(%xs : !xcs.obj) -> (!xcs.obj) {
  %ys = xcs.map %x in %xs snapshot {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  }
  %tag = xcs.constant "tag"
  %zs = xcs.map %y in %ys {
    %z = xcs.call pure total @wrap(%y, %tag)
    xcs.yield %z
  }
  xcs.return %zs
}
// CHECK-LABEL: xcs.func @calls_then_total(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %tag = xcs.constant "tag"
// CHECK-NEXT:    %zs = xcs.map %x in %xs snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      %z = xcs.call pure total @wrap(%y, %tag)
// CHECK-NEXT:      xcs.yield %z
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %zs
// CHECK-NEXT:  }

// -----

// The first body can't raise and nobody misses it: three stages become one.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @wrap {path = "app:wrap", effect = #xcs.effect<pure>}
xcs.func @total_then_calls(%xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
  %ys = xcs.map %x in %xs {
    %y = xcs.call pure total @wrap(%x)
    xcs.yield %y
  }
  %zs = xcs.map %y in %ys {
    %z = xcs.call unordered external @ask(%y)
    xcs.yield %z
  }
  %ws = xcs.map %z in %zs {
    %w = xcs.call pure total @wrap(%z)
    xcs.yield %w
  }
  xcs.return %ws
}
// CHECK-LABEL: xcs.func @total_then_calls(%xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
// CHECK-NEXT:    %ws = xcs.map %x in %xs {
// CHECK-NEXT:      %y = xcs.call pure total @wrap(%x)
// CHECK-NEXT:      %z = xcs.call unordered external @ask(%y)
// CHECK-NEXT:      %w = xcs.call pure total @wrap(%z)
// CHECK-NEXT:      xcs.yield %w
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ws
// CHECK-NEXT:  }

// -----

// Siblings over one list.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @wrap {path = "app:wrap", effect = #xcs.effect<pure>}
xcs.func @siblings(%xs : !xcs.list<!xcs.obj>) -> (!xcs.obj, !xcs.obj) {
  %ys = xcs.map %x in %xs snapshot {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  }
  %zs = xcs.map %x in %xs {
    %z = xcs.call pure total @wrap(%x)
    xcs.yield %z
  }
  xcs.return %ys, %zs
}
// CHECK-LABEL: xcs.func @siblings(%xs : !xcs.list<!xcs.obj>) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %ys, %zs = xcs.map %x in %xs {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      %z = xcs.call pure total @wrap(%x)
// CHECK-NEXT:      xcs.yield %y, %z
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys, %zs
// CHECK-NEXT:  }

// -----

// Not: both may raise. Python calls `ask` for all elements before it parses the first answer.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @parse {path = "app:parse", effect = #xcs.effect<pure>}
xcs.func @both_may_raise(%xs : !xcs.obj) -> (!xcs.obj) {
  %ys = xcs.map %x in %xs snapshot {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  }
  %zs = xcs.map %y in %ys {
    %z = xcs.call pure @parse(%y)
    xcs.yield %z
  }
  xcs.return %zs
}
// CHECK-LABEL: xcs.func @both_may_raise(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %ys = xcs.map %x in %xs snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    %zs = xcs.map %y_1 in %ys {
// CHECK-NEXT:      %z = xcs.call pure @parse(%y_1)
// CHECK-NEXT:      xcs.yield %z
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %zs
// CHECK-NEXT:  }

// -----

// Not: somebody else waits for the first list, or the second body needs all of it.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @wrap {path = "app:wrap", effect = #xcs.effect<pure>}
xcs.func @other_users(%xs : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
  %as = xcs.map %x in %xs snapshot {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  }
  %bs = xcs.map %y in %as {
    %z = xcs.call pure total @wrap(%y)
    xcs.yield %z
  }
  %cs = xcs.map %x in %bs {
    %y = xcs.call pure total @wrap(%x, %bs)
    xcs.yield %y
  }
  xcs.return %as, %bs, %cs
}
// CHECK-LABEL: xcs.func @other_users(%xs : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %as = xcs.map %x in %xs snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    %bs = xcs.map %y_1 in %as {
// CHECK-NEXT:      %z = xcs.call pure total @wrap(%y_1)
// CHECK-NEXT:      xcs.yield %z
// CHECK-NEXT:    }
// CHECK-NEXT:    %cs = xcs.map %x_1 in %bs {
// CHECK-NEXT:      %y_2 = xcs.call pure total @wrap(%x_1, %bs)
// CHECK-NEXT:      xcs.yield %y_2
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %as, %bs, %cs
// CHECK-NEXT:  }

// -----

// Not: siblings over an iterator, which is empty the second time; a first list that would wait for the second calls.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @wrap {path = "app:wrap", effect = #xcs.effect<pure>}
xcs.func @unlike_siblings(%xs : !xcs.obj, %l : !xcs.list<!xcs.obj>) -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
  %as = xcs.map %x in %xs snapshot {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  }
  %bs = xcs.map %x in %xs snapshot {
    %y = xcs.call pure total @wrap(%x)
    xcs.yield %y
  }
  %cs = xcs.map %x in %l snapshot {
    %y = xcs.call pure total @wrap(%x)
    xcs.yield %y
  }
  %ds = xcs.map %x in %l snapshot {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  }
  xcs.return %as, %bs, %cs, %ds
}
// CHECK-LABEL: xcs.func @unlike_siblings(%xs : !xcs.obj, %l : !xcs.list<!xcs.obj>) -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %as = xcs.map %x in %xs snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    %bs = xcs.map %x_1 in %xs snapshot {
// CHECK-NEXT:      %y_1 = xcs.call pure total @wrap(%x_1)
// CHECK-NEXT:      xcs.yield %y_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %cs = xcs.map %x_2 in %l snapshot {
// CHECK-NEXT:      %y_2 = xcs.call pure total @wrap(%x_2)
// CHECK-NEXT:      xcs.yield %y_2
// CHECK-NEXT:    }
// CHECK-NEXT:    %ds = xcs.map %x_3 in %l snapshot {
// CHECK-NEXT:      %y_3 = xcs.call unordered external @ask(%x_3)
// CHECK-NEXT:      xcs.yield %y_3
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %as, %bs, %cs, %ds
// CHECK-NEXT:  }

// -----

// Not: an op that acts stands between.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.callable @wrap {path = "app:wrap", effect = #xcs.effect<pure>}
xcs.callable @print {path = "builtins:print", effect = #xcs.effect<ordered>}
xcs.func @print_between(%xs : !xcs.obj) -> (!xcs.obj) {
  %ys = xcs.map %x in %xs snapshot {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  }
  %p = xcs.call ordered @print("half way")
  %zs = xcs.map %y in %ys {
    %z = xcs.call pure total @wrap(%y)
    xcs.yield %z
  }
  xcs.return %zs
}
// CHECK-LABEL: xcs.func @print_between(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %ys = xcs.map %x in %xs snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    %p = xcs.call ordered @print("half way")
// CHECK-NEXT:    %zs = xcs.map %y_1 in %ys {
// CHECK-NEXT:      %z = xcs.call pure total @wrap(%y_1)
// CHECK-NEXT:      xcs.yield %z
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %zs
// CHECK-NEXT:  }

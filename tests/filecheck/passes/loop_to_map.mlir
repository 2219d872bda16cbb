// RUN: xcs-opt -p xcs-loop-to-map --split-input-file %s | filecheck %s

// A loop that only appends is a map; `snapshot` stays.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @collects(%xs : !xcs.obj) -> (!xcs.obj) {
  %empty = xcs.make_list()
  %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
    %y = xcs.call unordered external @ask(%x)
    %next = xcs.append %out, %y
    xcs.yield %next
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @collects(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %ys = xcs.map %x in %xs -> (!xcs.obj) snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

// -----

// Two lists, typed, over a list that others may write: no `snapshot`.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @two_lists(%xs : !xcs.list<!xcs.obj<"str">>) -> (!xcs.list<!xcs.obj>, !xcs.obj) {
  %e1 = xcs.make_list() -> (!xcs.list<!xcs.obj>)
  %e2 = xcs.make_list()
  %as, %bs = xcs.for %x in %xs iter(%p = %e1, %q = %e2) -> (!xcs.list<!xcs.obj>, !xcs.obj) {
    %a = xcs.call unordered external @ask(%x)
    %p2 = xcs.append %p, %a -> (!xcs.list<!xcs.obj>)
    %q2 = xcs.append %q, %x
    xcs.yield %p2, %q2
  }
  xcs.return %as, %bs
}
// CHECK-LABEL: xcs.func @two_lists(%xs : !xcs.list<!xcs.obj<"str">>) -> (!xcs.list<!xcs.obj>, !xcs.obj) {
// CHECK-NEXT:    %e1 = xcs.make_list() -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:    %e2 = xcs.make_list()
// CHECK-NEXT:    %as, %bs = xcs.map %x in %xs -> (!xcs.list<!xcs.obj>, !xcs.obj) {
// CHECK-NEXT:      %a = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %a, %x
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %as, %bs
// CHECK-NEXT:  }

// -----

// What is known of the iterable stays.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @settled(%xs : !xcs.list<!xcs.obj<"str">>) -> () {
  xcs.for %x in %xs snapshot settled {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield
  }
  xcs.return
}
// CHECK-LABEL: xcs.func @settled(%xs : !xcs.list<!xcs.obj<"str">>) -> () {
// CHECK-NEXT:    xcs.map %x in %xs snapshot settled {

// -----

// Nothing is carried: a map without results.
xcs.callable @notify {path = "app:notify", effect = #xcs.effect<unordered, external>}
xcs.func @only_calls(%xs : !xcs.obj) -> () {
  xcs.for %x in %xs snapshot {
    %y = xcs.call unordered external @notify(%x)
    xcs.yield
  }
  xcs.return
}
// CHECK-LABEL: xcs.func @only_calls(%xs : !xcs.obj) -> () {
// CHECK-NEXT:    xcs.map %x in %xs snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @notify(%x)
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return
// CHECK-NEXT:  }

// -----

// Both loops of a nest.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @nested(%xs : !xcs.obj, %ys : !xcs.obj) -> (!xcs.obj) {
  %empty = xcs.make_list()
  %rows = xcs.for %x in %xs iter(%out = %empty) snapshot {
    %none = xcs.make_list()
    %row = xcs.for %y in %ys iter(%cells = %none) snapshot {
      %a = xcs.call unordered external @ask(%x, %y)
      %more = xcs.append %cells, %a
      xcs.yield %more
    }
    %next = xcs.append %out, %row
    xcs.yield %next
  }
  xcs.return %rows
}
// CHECK-LABEL: xcs.func @nested(%xs : !xcs.obj, %ys : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %rows = xcs.map %x in %xs -> (!xcs.obj) snapshot {
// CHECK-NEXT:      %none = xcs.make_list()
// CHECK-NEXT:      %row = xcs.map %y in %ys -> (!xcs.obj) snapshot {
// CHECK-NEXT:        %a = xcs.call unordered external @ask(%x, %y)
// CHECK-NEXT:        xcs.yield %a
// CHECK-NEXT:      }
// CHECK-NEXT:      xcs.yield %row
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %rows
// CHECK-NEXT:  }

// -----

// A sum whose combiner can't raise: the calls are mapped, the additions folded.
xcs.callable @score {path = "app:score", effect = #xcs.effect<unordered, external>}
xcs.callable @operator.add {path = "operator:add", effect = #xcs.effect<pure>}
xcs.func @sums(%xs : !xcs.obj) -> (!xcs.obj) {
  %zero = xcs.constant 0
  %sum = xcs.for %x in %xs iter(%acc = %zero) snapshot {
    %s = xcs.call unordered external @score(%x) -> (!xcs.obj<"int">)
    %next = xcs.call pure total @operator.add(%acc, %s)
    xcs.yield %next
  }
  xcs.return %sum
}
// CHECK-LABEL: xcs.func @sums(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %zero = xcs.constant 0
// CHECK-NEXT:    %0 = xcs.map %x in %xs -> (!xcs.list<!xcs.obj<"int">>) snapshot {
// CHECK-NEXT:      %s = xcs.call unordered external @score(%x) -> (!xcs.obj<"int">)
// CHECK-NEXT:      xcs.yield %s
// CHECK-NEXT:    }
// CHECK-NEXT:    %sum = xcs.reduce %1 in %0 iter(%acc = %zero) {
// CHECK-NEXT:      %next = xcs.call pure total @operator.add(%acc, %1)
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %sum
// CHECK-NEXT:  }

// -----

// A list and a sum in one loop.
xcs.callable @score {path = "app:score", effect = #xcs.effect<unordered, external>}
xcs.callable @operator.add {path = "operator:add", effect = #xcs.effect<pure>}
xcs.func @list_and_sum(%xs : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %empty = xcs.make_list()
  %zero = xcs.constant 0
  %all, %sum = xcs.for %x in %xs iter(%out = %empty, %acc = %zero) snapshot {
    %s = xcs.call unordered external @score(%x)
    %longer = xcs.append %out, %s
    %next = xcs.call pure total @operator.add(1, %acc, %s)
    xcs.yield %longer, %next
  }
  xcs.return %all, %sum
}
// CHECK-LABEL: xcs.func @list_and_sum(%xs : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %zero = xcs.constant 0
// CHECK-NEXT:    %all, %0 = xcs.map %x in %xs -> (!xcs.obj, !xcs.list<!xcs.obj>) snapshot {
// CHECK-NEXT:      %s = xcs.call unordered external @score(%x)
// CHECK-NEXT:      xcs.yield %s, %s
// CHECK-NEXT:    }
// CHECK-NEXT:    %sum = xcs.reduce %1 in %0 iter(%acc = %zero) {
// CHECK-NEXT:      %next = xcs.call pure total @operator.add(1, %acc, %1)
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %all, %sum
// CHECK-NEXT:  }

// -----

// Not: adding may raise, and Python would raise that before a later call fails.
xcs.callable @score {path = "app:score", effect = #xcs.effect<unordered, external>}
xcs.callable @operator.add {path = "operator:add", effect = #xcs.effect<pure>}
xcs.func @sum_may_raise(%xs : !xcs.obj) -> (!xcs.obj) {
  %zero = xcs.constant 0
  %sum = xcs.for %x in %xs iter(%acc = %zero) snapshot {
    %s = xcs.call unordered external @score(%x)
    %next = xcs.call pure @operator.add(%acc, %s)
    xcs.yield %next
  }
  xcs.return %sum
}
// CHECK-LABEL: xcs.func @sum_may_raise(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %zero = xcs.constant 0
// CHECK-NEXT:    %sum = xcs.for %x in %xs iter(%acc = %zero) snapshot {
// CHECK-NEXT:      %s = xcs.call unordered external @score(%x)
// CHECK-NEXT:      %next = xcs.call pure @operator.add(%acc, %s)
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %sum
// CHECK-NEXT:  }

// -----

// Not: there is nothing but the accumulation.
xcs.callable @operator.add {path = "operator:add", effect = #xcs.effect<pure>}
xcs.func @only_sum(%xs : !xcs.obj) -> (!xcs.obj) {
  %zero = xcs.constant 0
  %sum = xcs.for %x in %xs iter(%acc = %zero) snapshot {
    %next = xcs.call pure total @operator.add(%acc, %x)
    xcs.yield %next
  }
  xcs.return %sum
}
// CHECK-LABEL: xcs.func @only_sum(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %zero = xcs.constant 0
// CHECK-NEXT:    %sum = xcs.for %x in %xs iter(%acc = %zero) snapshot {
// CHECK-NEXT:      %next = xcs.call pure total @operator.add(%acc, %x)
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %sum
// CHECK-NEXT:  }

// -----

// Not: each call needs the one before.
xcs.callable @refine {path = "app:refine", effect = #xcs.effect<unordered, external>}
xcs.func @chained(%xs : !xcs.obj, %draft : !xcs.obj) -> (!xcs.obj) {
  %r = xcs.for %x in %xs iter(%d = %draft) snapshot {
    %next = xcs.call unordered external @refine(%d, %x)
    xcs.yield %next
  }
  xcs.return %r
}
// CHECK-LABEL: xcs.func @chained(%xs : !xcs.obj, %draft : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %r = xcs.for %x in %xs iter(%d = %draft) snapshot {
// CHECK-NEXT:      %next = xcs.call unordered external @refine(%d, %x)
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }

// -----

// Not: the body reads the list that it appends to.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @reads_what_it_collects(%xs : !xcs.obj) -> (!xcs.obj) {
  %empty = xcs.make_list()
  %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
    %y = xcs.call unordered external @ask(%x, %out)
    %next = xcs.append %out, %y
    xcs.yield %next
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @reads_what_it_collects(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x, %out)
// CHECK-NEXT:      %next = xcs.append %out, %y
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

// -----

// Not: an ordered effect in the body.
xcs.callable @print {path = "builtins:print", effect = #xcs.effect<ordered>}
xcs.func @prints(%xs : !xcs.obj) -> () {
  xcs.for %x in %xs snapshot {
    %y = xcs.call ordered @print(%x)
    xcs.yield
  }
  xcs.return
}
// CHECK-LABEL: xcs.func @prints(%xs : !xcs.obj) -> () {
// CHECK-NEXT:    xcs.for %x in %xs snapshot {
// CHECK-NEXT:      %y = xcs.call ordered @print(%x)
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return
// CHECK-NEXT:  }

// -----

// Not: what the call does is known only when it runs.
xcs.func @dynamic(%xs : !xcs.obj) -> (!xcs.obj) {
  %empty = xcs.make_list()
  %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
    %y = xcs.call_indirect dynamic %x()
    %next = xcs.append %out, %y
    xcs.yield %next
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @dynamic(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
// CHECK-NEXT:      %y = xcs.call_indirect dynamic %x()
// CHECK-NEXT:      %next = xcs.append %out, %y
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

// -----

// Not: an unknown iterator runs code of its own at each step.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @iterator(%xs : !xcs.obj) -> (!xcs.obj) {
  %empty = xcs.make_list()
  %ys = xcs.for %x in %xs iter(%out = %empty) {
    %y = xcs.call unordered external @ask(%x)
    %next = xcs.append %out, %y
    xcs.yield %next
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @iterator(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %ys = xcs.for %x in %xs iter(%out = %empty) {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      %next = xcs.append %out, %y
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

// -----

// Not: the loop may end early.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @breaks(%xs : !xcs.obj) -> (!xcs.obj) {
  %empty = xcs.make_list()
  %ys = xcs.for %x in %xs iter(%out = %empty) snapshot breaks {
    %y = xcs.call unordered external @ask(%x)
    %next = xcs.append %out, %y
    xcs.yield %y, %next
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @breaks(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %ys = xcs.for %x in %xs iter(%out = %empty) snapshot breaks {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      %next = xcs.append %out, %y
// CHECK-NEXT:      xcs.yield %y, %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

// -----

// Not: the list holds something before the loop, or the append is conditional.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @not_empty(%xs : !xcs.obj, %first : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %seeded = xcs.make_list(%first)
  %ys = xcs.for %x in %xs iter(%out = %seeded) snapshot {
    %y = xcs.call unordered external @ask(%x)
    %next = xcs.append %out, %y
    xcs.yield %next
  }
  %empty = xcs.make_list()
  %zs = xcs.for %x in %xs iter(%out = %empty) snapshot {
    %y = xcs.call unordered external @ask(%x)
    %next = xcs.if %y {
      %longer = xcs.append %out, %y
      xcs.yield %longer
    } else {
      xcs.yield %out
    }
    xcs.yield %next
  }
  xcs.return %ys, %zs
}
// CHECK-LABEL: xcs.func @not_empty(%xs : !xcs.obj, %first : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %seeded = xcs.make_list(%first)
// CHECK-NEXT:    %ys = xcs.for %x in %xs iter(%out = %seeded) snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      %next = xcs.append %out, %y
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %zs = xcs.for %x_1 in %xs iter(%out_1 = %empty) snapshot {
// CHECK-NEXT:      %y_1 = xcs.call unordered external @ask(%x_1)
// CHECK-NEXT:      %next_1 = xcs.if %y_1 {
// CHECK-NEXT:        %longer = xcs.append %out_1, %y_1
// CHECK-NEXT:        xcs.yield %longer
// CHECK-NEXT:      } else {
// CHECK-NEXT:        xcs.yield %out_1
// CHECK-NEXT:      }
// CHECK-NEXT:      xcs.yield %next_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys, %zs
// CHECK-NEXT:  }

// -----

// Not: what it appends may be an unbound name, which raises in the first iteration.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @unbound(%xs : !xcs.obj, %c : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.if %c {
    xcs.yield %c
  } else {
    %u = xcs.undef "name"
    xcs.yield %u
  }
  %empty = xcs.make_list()
  %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
    %y = xcs.call unordered external @ask(%x)
    %next = xcs.append %out, %a
    xcs.yield %next
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @unbound(%xs : !xcs.obj, %c : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.if %c {
// CHECK-NEXT:      xcs.yield %c
// CHECK-NEXT:    } else {
// CHECK-NEXT:      %u = xcs.undef "name"
// CHECK-NEXT:      xcs.yield %u
// CHECK-NEXT:    }
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      %next = xcs.append %out, %a
// CHECK-NEXT:      xcs.yield %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

// -----

// What is awaited stays so.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @awaits(%xs : !xcs.obj) -> (!xcs.obj) {
  %empty = xcs.make_list()
  %ys = xcs.for %x in %xs iter(%out = %empty) snapshot {
    %y = xcs.call async unordered external @ask(%x)
    %next = xcs.append %out, %y
    xcs.yield %next
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @awaits(%xs : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %empty = xcs.make_list()
// CHECK-NEXT:    %ys = xcs.map %x in %xs -> (!xcs.obj) snapshot {
// CHECK-NEXT:      %y = xcs.call async unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

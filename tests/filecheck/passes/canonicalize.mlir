// RUN: xcs-opt -p xcs-canonicalize --split-input-file %s | filecheck %s

// A branch on a literal.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @known_branch(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %c = xcs.constant "not empty"
  %a = xcs.if %c {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y
  } else {
    xcs.yield %x
  }
  %d = xcs.constant 0
  %b = xcs.if %d {
    xcs.yield %x
  } else {
    xcs.yield %a
  }
  xcs.return %a, %b
}
// CHECK-LABEL: xcs.func @known_branch(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %c = xcs.constant "not empty"
// CHECK-NEXT:    %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:    %d = xcs.constant 0
// CHECK-NEXT:    xcs.return %y, %y
// CHECK-NEXT:  }

// -----

// Branches that do nothing and agree.
xcs.func @equal_branches(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.if %c {
    xcs.yield %x
  } else {
    xcs.yield %x
  }
  xcs.return %a
}
// CHECK-LABEL: xcs.func @equal_branches(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    xcs.return %x
// CHECK-NEXT:  }

// -----

// Not: testing the condition may raise or do something, the branches do something, or differ.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @living_branches(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
  %a = xcs.if %c truth dynamic {
    xcs.yield %x
  } else {
    xcs.yield %x
  }
  %b = xcs.if %c {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %x
  } else {
    xcs.yield %x
  }
  %d = xcs.if %c {
    xcs.yield %x
  } else {
    xcs.yield %c
  }
  xcs.return %a, %b, %d
}
// CHECK-LABEL: xcs.func @living_branches(%c : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %a = xcs.if %c truth dynamic {
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    } else {
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    }
// CHECK-NEXT:    %b = xcs.if %c {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    } else {
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    }
// CHECK-NEXT:    %d = xcs.if %c {
// CHECK-NEXT:      xcs.yield %x
// CHECK-NEXT:    } else {
// CHECK-NEXT:      xcs.yield %c
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %a, %b, %d
// CHECK-NEXT:  }

// -----

// Loops over nothing.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @empty_loops(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %none = xcs.make_list()
  %a = xcs.for %i in %none iter(%acc = %x) {
    %y = xcs.call unordered external @ask(%acc, %i)
    xcs.yield %y
  }
  %b = xcs.map %i in %none {
    %y = xcs.call unordered external @ask(%a, %i)
    xcs.yield %y
  }
  xcs.return %a, %b
}
// CHECK-LABEL: xcs.func @empty_loops(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %none = xcs.make_list()
// CHECK-NEXT:    %b = xcs.make_list() -> (!xcs.list<!xcs.obj>)
// CHECK-NEXT:    xcs.return %x, %b
// CHECK-NEXT:  }

// -----

// Not: another op has the list too and may fill it.
xcs.callable @fill {path = "app:fill", effect = #xcs.effect<ordered>}
xcs.func @filled_list(%x : !xcs.obj) -> (!xcs.obj) {
  %l = xcs.make_list()
  %n = xcs.call ordered @fill(%l)
  %b = xcs.map %i in %l {
    xcs.yield %i
  }
  xcs.return %b
}
// CHECK-LABEL: xcs.func @filled_list(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %l = xcs.make_list()
// CHECK-NEXT:    %n = xcs.call ordered @fill(%l)
// CHECK-NEXT:    %b = xcs.map %i in %l {
// CHECK-NEXT:      xcs.yield %i
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %b
// CHECK-NEXT:  }

// -----

// Known elements.
xcs.func @elements(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
  %t = xcs.make_tuple(%a, %b)
  %x, %y = xcs.unpack pure %t -> (!xcs.obj, !xcs.obj)
  %l = xcs.make_list(%a, %b)
  %last = xcs.constant -1
  %z = xcs.getitem pure %l[%last]
  %first = xcs.constant 0
  %w = xcs.getitem pure %t[%first]
  xcs.return %x, %y, %z, %w
}
// CHECK-LABEL: xcs.func @elements(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %t = xcs.make_tuple(%a, %b)
// CHECK-NEXT:    %l = xcs.make_list(%a, %b)
// CHECK-NEXT:    %last = xcs.constant -1
// CHECK-NEXT:    %first = xcs.constant 0
// CHECK-NEXT:    xcs.return %a, %b, %b, %a
// CHECK-NEXT:  }

// -----

// Not: the wrong number of parts, a starred part, an index out of range or of another type, a list that others have.
xcs.callable @fill {path = "app:fill", effect = #xcs.effect<ordered>}
xcs.func @unknown_elements(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
  %t = xcs.make_tuple(%a, %b)
  %x, %y, %z = xcs.unpack pure %t -> (!xcs.obj, !xcs.obj, !xcs.obj)
  %p, %q = xcs.unpack pure %t star 1 -> (!xcs.obj, !xcs.obj)
  %two = xcs.constant 2
  %u = xcs.getitem pure %t[%two]
  %true = xcs.constant True
  %v = xcs.getitem pure %t[%true]
  %l = xcs.make_list(%a, %b)
  %n = xcs.call ordered @fill(%l)
  %zero = xcs.constant 0
  %w = xcs.getitem pure sees_writes %l[%zero]
  %r = xcs.make_tuple(%x, %y, %z, %p, %q, %u, %v, %w)
  xcs.return %r
}
// CHECK-LABEL: xcs.func @unknown_elements(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %t = xcs.make_tuple(%a, %b)
// CHECK-NEXT:    %x, %y, %z = xcs.unpack pure %t -> (!xcs.obj, !xcs.obj, !xcs.obj)
// CHECK-NEXT:    %p, %q = xcs.unpack pure %t star 1 -> (!xcs.obj, !xcs.obj)
// CHECK-NEXT:    %two = xcs.constant 2
// CHECK-NEXT:    %u = xcs.getitem pure %t[%two]
// CHECK-NEXT:    %true = xcs.constant True
// CHECK-NEXT:    %v = xcs.getitem pure %t[%true]
// CHECK-NEXT:    %l = xcs.make_list(%a, %b)
// CHECK-NEXT:    %n = xcs.call ordered @fill(%l)
// CHECK-NEXT:    %zero = xcs.constant 0
// CHECK-NEXT:    %w = xcs.getitem pure sees_writes %l[%zero]
// CHECK-NEXT:    %r = xcs.make_tuple(%x, %y, %z, %p, %q, %u, %v, %w)
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }

// -----

// What a loop only carries through is forwarded.
xcs.callable @step {path = "app:step", effect = #xcs.effect<unordered, external>}
xcs.func @invariant(%xs : !xcs.obj, %a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
  %r, %s, %t = xcs.for %x in %xs iter(%p = %a, %q = %b, %o = %a) breaks {
    %next = xcs.call unordered external @step(%p, %q, %o, %x)
    xcs.yield %x, %p, %next, %a
  }
  xcs.return %r, %s, %t
}
// CHECK-LABEL: xcs.func @invariant(%xs : !xcs.obj, %a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %s = xcs.for %x in %xs iter(%q = %b) breaks {
// CHECK-NEXT:      %next = xcs.call unordered external @step(%a, %q, %a, %x)
// CHECK-NEXT:      xcs.yield %x, %next
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %a, %s, %a
// CHECK-NEXT:  }

// -----

// A chain of appends is one list.
xcs.func @appends(%a : !xcs.obj, %b : !xcs.obj, %c : !xcs.obj) -> (!xcs.obj) {
  %l = xcs.make_list(%a)
  %l2 = xcs.append %l, %b
  %l3 = xcs.append %l2, %c
  xcs.return %l3
}
// CHECK-LABEL: xcs.func @appends(%a : !xcs.obj, %b : !xcs.obj, %c : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %l3 = xcs.make_list(%a, %b, %c)
// CHECK-NEXT:    xcs.return %l3
// CHECK-NEXT:  }

// -----

// Not: somebody sees a version between, or the append is inside a region.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @seen_versions(%a : !xcs.obj, %b : !xcs.obj, %xs : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %l = xcs.make_list(%a)
  %r = xcs.call unordered external @ask(%l)
  %l2 = xcs.append %l, %b
  %l3 = xcs.if %a {
    %l4 = xcs.append %l2, %r
    xcs.yield %l4
  } else {
    xcs.yield %l2
  }
  xcs.return %l3, %r
}
// CHECK-LABEL: xcs.func @seen_versions(%a : !xcs.obj, %b : !xcs.obj, %xs : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %l = xcs.make_list(%a)
// CHECK-NEXT:    %r = xcs.call unordered external @ask(%l)
// CHECK-NEXT:    %l2 = xcs.append %l, %b
// CHECK-NEXT:    %l3 = xcs.if %a {
// CHECK-NEXT:      %l4 = xcs.append %l2, %r
// CHECK-NEXT:      xcs.yield %l4
// CHECK-NEXT:    } else {
// CHECK-NEXT:      xcs.yield %l2
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %l3, %r
// CHECK-NEXT:  }

// -----

// A value that nobody looks at isn't carried, so the loop can become a map.
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @unused_carried(%xs : !xcs.obj, %a : !xcs.obj) -> (!xcs.obj) {
  %r, %s = xcs.for %x in %xs iter(%p = %a, %q = %a) snapshot {
    %y = xcs.call unordered external @ask(%x)
    xcs.yield %y, %y
  }
  xcs.return %r
}
// CHECK-LABEL: xcs.func @unused_carried(%xs : !xcs.obj, %a : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %r = xcs.for %x in %xs iter(%p = %a) snapshot {
// CHECK-NEXT:      %y = xcs.call unordered external @ask(%x)
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %r
// CHECK-NEXT:  }

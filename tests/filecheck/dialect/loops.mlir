// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Loops that run in order.

// Element types come from the iterable, types of carried values from the results.

xcs.func @f(%xs : !xcs.list<!xcs.obj<"str">>, %it : !xcs.obj, %a : !xcs.obj<"int">) -> () {
  xcs.for %x in %xs {
    xcs.yield
  }
  %r = xcs.for %y in %xs iter(%acc = %a) snapshot settled {
    xcs.yield %y
  }
  %s, %t = xcs.for %z in %it iter(%b = %a, %c = %it) -> (!xcs.obj<"int">, !xcs.obj) snapshot breaks attributes {note = "kept"} {
    xcs.yield %z, %b, %c
  }
  %u = xcs.for %w : !xcs.obj in %xs iter(%v = %it) breaks {
    xcs.yield %w, %v
  }
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%xs : !xcs.list<!xcs.obj<"str">>, %it : !xcs.obj, %a : !xcs.obj<"int">) -> () {
// CHECK-NEXT:        xcs.for %x in %xs {
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        }
// CHECK-NEXT:        %r = xcs.for %y in %xs iter(%acc = %a) snapshot settled {
// CHECK-NEXT:          xcs.yield %y
// CHECK-NEXT:        }
// CHECK-NEXT:        %s, %t = xcs.for %z in %it iter(%b = %a, %c = %it) -> (!xcs.obj<"int">, !xcs.obj) snapshot breaks attributes {note = "kept"} {
// CHECK-NEXT:          xcs.yield %z, %b, %c
// CHECK-NEXT:        }
// CHECK-NEXT:        %u = xcs.for %w : !xcs.obj in %xs iter(%v = %it) breaks {
// CHECK-NEXT:          xcs.yield %w, %v
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.list<!xcs.obj<"str">>, !xcs.obj, !xcs.obj<"int">) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%xs: !xcs.list<!xcs.obj<"str">>, %it: !xcs.obj, %a: !xcs.obj<"int">):
// GENERIC-NEXT:       "xcs.for"(%xs) ({
// GENERIC-NEXT:       ^bb0(%x: !xcs.obj<"str">):
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }) : (!xcs.list<!xcs.obj<"str">>) -> ()
// GENERIC-NEXT:       %r = "xcs.for"(%xs, %a) <{snapshot, settled}> ({
// GENERIC-NEXT:       ^bb0(%y: !xcs.obj<"str">, %acc: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%y) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }) : (!xcs.list<!xcs.obj<"str">>, !xcs.obj<"int">) -> !xcs.obj
// GENERIC-NEXT:       %s, %t = "xcs.for"(%it, %a, %it) <{snapshot, breaks}> ({
// GENERIC-NEXT:       ^bb0(%z: !xcs.obj, %b: !xcs.obj<"int">, %c: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%z, %b, %c) : (!xcs.obj, !xcs.obj<"int">, !xcs.obj) -> ()
// GENERIC-NEXT:       }) {note = "kept"} : (!xcs.obj, !xcs.obj<"int">, !xcs.obj) -> (!xcs.obj<"int">, !xcs.obj)
// GENERIC-NEXT:       %u = "xcs.for"(%xs, %it) <{breaks}> ({
// GENERIC-NEXT:       ^bb0(%w: !xcs.obj, %v: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%w, %v) : (!xcs.obj, !xcs.obj) -> ()
// GENERIC-NEXT:       }) : (!xcs.list<!xcs.obj<"str">>, !xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Folds.

xcs.func @f(%xs : !xcs.list<!xcs.obj<"str">>, %a : !xcs.obj) -> (!xcs.obj) {
  %r = xcs.reduce %x in %xs iter(%acc = %a) {
    xcs.yield %x
  }
  %s, %t = xcs.reduce %y in %xs iter(%b = %a, %c = %r) associative {
    xcs.yield %b, %c
  }
  xcs.return %s
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%xs : !xcs.list<!xcs.obj<"str">>, %a : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:        %r = xcs.reduce %x in %xs iter(%acc = %a) {
// CHECK-NEXT:          xcs.yield %x
// CHECK-NEXT:        }
// CHECK-NEXT:        %s, %t = xcs.reduce %y in %xs iter(%b = %a, %c = %r) associative {
// CHECK-NEXT:          xcs.yield %b, %c
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return %s
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.list<!xcs.obj<"str">>, !xcs.obj) -> !xcs.obj}> ({
// GENERIC-NEXT:     ^bb0(%xs: !xcs.list<!xcs.obj<"str">>, %a: !xcs.obj):
// GENERIC-NEXT:       %r = "xcs.reduce"(%xs, %a) ({
// GENERIC-NEXT:       ^bb0(%x: !xcs.obj<"str">, %acc: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%x) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }) : (!xcs.list<!xcs.obj<"str">>, !xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       %s, %t = "xcs.reduce"(%xs, %a, %r) <{associative}> ({
// GENERIC-NEXT:       ^bb0(%y: !xcs.obj<"str">, %b: !xcs.obj, %c: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%b, %c) : (!xcs.obj, !xcs.obj) -> ()
// GENERIC-NEXT:       }) : (!xcs.list<!xcs.obj<"str">>, !xcs.obj, !xcs.obj) -> (!xcs.obj, !xcs.obj)
// GENERIC-NEXT:       "xcs.return"(%s) : (!xcs.obj) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// While.

xcs.func @f(%a : !xcs.obj<"int">, %c : !xcs.obj) -> () {
  xcs.while {
    xcs.yield %c
  } do {
    xcs.yield
  }
  %r, %s = xcs.while iter(%x = %a, %y = %c) truth dynamic -> (!xcs.obj<"int">, !xcs.obj) {
    xcs.yield %y
  } do (%z, %w) {
    xcs.yield %z, %z
  }
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%a : !xcs.obj<"int">, %c : !xcs.obj) -> () {
// CHECK-NEXT:        xcs.while {
// CHECK-NEXT:          xcs.yield %c
// CHECK-NEXT:        } do {
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        }
// CHECK-NEXT:        %r, %s = xcs.while iter(%x = %a, %y = %c) truth dynamic -> (!xcs.obj<"int">, !xcs.obj) {
// CHECK-NEXT:          xcs.yield %y
// CHECK-NEXT:        } do (%z, %w) {
// CHECK-NEXT:          xcs.yield %z, %z
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj<"int">, !xcs.obj) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%a: !xcs.obj<"int">, %c: !xcs.obj):
// GENERIC-NEXT:       "xcs.while"() ({
// GENERIC-NEXT:         "xcs.yield"(%c) : (!xcs.obj) -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }) : () -> ()
// GENERIC-NEXT:       %r, %s = "xcs.while"(%a, %c) <{truth = #xcs.effect<dynamic>}> ({
// GENERIC-NEXT:       ^bb0(%x: !xcs.obj<"int">, %y: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%y) : (!xcs.obj) -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:       ^bb0(%z: !xcs.obj<"int">, %w: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%z, %z) : (!xcs.obj<"int">, !xcs.obj<"int">) -> ()
// GENERIC-NEXT:       }) : (!xcs.obj<"int">, !xcs.obj) -> (!xcs.obj<"int">, !xcs.obj)
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

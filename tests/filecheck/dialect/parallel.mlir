// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Independent iterations and branches.

// Maps: no results, one, several; all flags.

xcs.func @f(%xs : !xcs.list<!xcs.obj<"str">>) -> () {
  xcs.map %x in %xs {
    xcs.yield
  }
  %r = xcs.map %y in %xs snapshot settled vectorized batch 8 {
    xcs.yield %y
  }
  %s, %t = xcs.map %z in %xs -> (!xcs.list<!xcs.obj<"str">>, !xcs.obj) attributes {note = "kept"} {
    xcs.yield %z, %z
  }
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%xs : !xcs.list<!xcs.obj<"str">>) -> () {
// CHECK-NEXT:        xcs.map %x in %xs {
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        }
// CHECK-NEXT:        %r = xcs.map %y in %xs snapshot settled vectorized batch 8 {
// CHECK-NEXT:          xcs.yield %y
// CHECK-NEXT:        }
// CHECK-NEXT:        %s, %t = xcs.map %z in %xs -> (!xcs.list<!xcs.obj<"str">>, !xcs.obj) attributes {note = "kept"} {
// CHECK-NEXT:          xcs.yield %z, %z
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.list<!xcs.obj<"str">>) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%xs: !xcs.list<!xcs.obj<"str">>):
// GENERIC-NEXT:       "xcs.map"(%xs) ({
// GENERIC-NEXT:       ^bb0(%x: !xcs.obj<"str">):
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }) : (!xcs.list<!xcs.obj<"str">>) -> ()
// GENERIC-NEXT:       %r = "xcs.map"(%xs) <{snapshot, settled, vectorized, batch = 8 : i64}> ({
// GENERIC-NEXT:       ^bb0(%y: !xcs.obj<"str">):
// GENERIC-NEXT:         "xcs.yield"(%y) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }) : (!xcs.list<!xcs.obj<"str">>) -> !xcs.list<!xcs.obj>
// GENERIC-NEXT:       %s, %t = "xcs.map"(%xs) ({
// GENERIC-NEXT:       ^bb0(%z: !xcs.obj<"str">):
// GENERIC-NEXT:         "xcs.yield"(%z, %z) : (!xcs.obj<"str">, !xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }) {note = "kept"} : (!xcs.list<!xcs.obj<"str">>) -> (!xcs.list<!xcs.obj<"str">>, !xcs.obj)
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Ensembles.

xcs.func @f(%q : !xcs.obj<"str">) -> () {
  %a, %b = xcs.ensemble {
    xcs.yield %q
  }, {
    xcs.yield %q
  }
  %c, %d, %e = xcs.ensemble -> (!xcs.obj<"str">, !xcs.obj, !xcs.obj) attributes {note = "kept"} {
    xcs.yield %q, %q
  }, {
    xcs.yield %q
  }
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%q : !xcs.obj<"str">) -> () {
// CHECK-NEXT:        %a, %b = xcs.ensemble {
// CHECK-NEXT:          xcs.yield %q
// CHECK-NEXT:        }, {
// CHECK-NEXT:          xcs.yield %q
// CHECK-NEXT:        }
// CHECK-NEXT:        %c, %d, %e = xcs.ensemble -> (!xcs.obj<"str">, !xcs.obj, !xcs.obj) attributes {note = "kept"} {
// CHECK-NEXT:          xcs.yield %q, %q
// CHECK-NEXT:        }, {
// CHECK-NEXT:          xcs.yield %q
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj<"str">) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%q: !xcs.obj<"str">):
// GENERIC-NEXT:       %a, %b = "xcs.ensemble"() ({
// GENERIC-NEXT:         "xcs.yield"(%q) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:         "xcs.yield"(%q) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }) : () -> (!xcs.obj, !xcs.obj)
// GENERIC-NEXT:       %c, %d, %e = "xcs.ensemble"() ({
// GENERIC-NEXT:         "xcs.yield"(%q, %q) : (!xcs.obj<"str">, !xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:         "xcs.yield"(%q) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }) {note = "kept"} : () -> (!xcs.obj<"str">, !xcs.obj, !xcs.obj)
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

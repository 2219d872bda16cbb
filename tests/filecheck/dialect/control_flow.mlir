// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Branches and handlers.

// A branch with results, one without else, one with several results and a condition that runs code.

xcs.func @f(%c : !xcs.obj, %a : !xcs.obj<"str">) -> (!xcs.obj) {
  %r = xcs.if %c {
    xcs.yield %a
  } else {
    xcs.yield %c
  }
  xcs.if %c {
    xcs.raise %a
    xcs.yield
  }
  %s, %t = xcs.if %c truth reads external -> (!xcs.obj<"str">, !xcs.obj) attributes {note = "kept"} {
    xcs.yield %a, %c
  } else {
    xcs.yield %a, %r
  }
  xcs.return %s
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%c : !xcs.obj, %a : !xcs.obj<"str">) -> (!xcs.obj) {
// CHECK-NEXT:        %r = xcs.if %c {
// CHECK-NEXT:          xcs.yield %a
// CHECK-NEXT:        } else {
// CHECK-NEXT:          xcs.yield %c
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.if %c {
// CHECK-NEXT:          xcs.raise %a
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        }
// CHECK-NEXT:        %s, %t = xcs.if %c truth reads external -> (!xcs.obj<"str">, !xcs.obj) attributes {note = "kept"} {
// CHECK-NEXT:          xcs.yield %a, %c
// CHECK-NEXT:        } else {
// CHECK-NEXT:          xcs.yield %a, %r
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return %s
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj, !xcs.obj<"str">) -> !xcs.obj}> ({
// GENERIC-NEXT:     ^bb0(%c: !xcs.obj, %a: !xcs.obj<"str">):
// GENERIC-NEXT:       %r = "xcs.if"(%c) ({
// GENERIC-NEXT:         "xcs.yield"(%a) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:         "xcs.yield"(%c) : (!xcs.obj) -> ()
// GENERIC-NEXT:       }) : (!xcs.obj) -> !xcs.obj
// GENERIC-NEXT:       "xcs.if"(%c) ({
// GENERIC-NEXT:         "xcs.raise"(%a) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }) : (!xcs.obj) -> ()
// GENERIC-NEXT:       %s, %t = "xcs.if"(%c) <{truth = #xcs.effect<reads, external>}> ({
// GENERIC-NEXT:         "xcs.yield"(%a, %c) : (!xcs.obj<"str">, !xcs.obj) -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:         "xcs.yield"(%a, %r) : (!xcs.obj<"str">, !xcs.obj) -> ()
// GENERIC-NEXT:       }) {note = "kept"} : (!xcs.obj) -> (!xcs.obj<"str">, !xcs.obj)
// GENERIC-NEXT:       "xcs.return"(%s) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// An else that acts, and one that is kept for an attribute.

xcs.func @f(%c : !xcs.obj) -> () {
  xcs.if %c {
    xcs.yield
  } else {
    xcs.raise %c from %c
    xcs.yield
  }
  xcs.if %c {
    xcs.yield
  } else {
    xcs.yield {note = "kept"}
  }
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%c : !xcs.obj) -> () {
// CHECK-NEXT:        xcs.if %c {
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        } else {
// CHECK-NEXT:          xcs.raise %c from %c
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.if %c {
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        } else {
// CHECK-NEXT:          xcs.yield {note = "kept"}
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%c: !xcs.obj):
// GENERIC-NEXT:       "xcs.if"(%c) ({
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:         "xcs.raise"(%c, %c) : (!xcs.obj, !xcs.obj) -> ()
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }) : (!xcs.obj) -> ()
// GENERIC-NEXT:       "xcs.if"(%c) ({
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:         "xcs.yield"() {note = "kept"} : () -> ()
// GENERIC-NEXT:       }) : (!xcs.obj) -> ()
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Handlers.

xcs.func @f(%q : !xcs.obj<"str">) -> () {
  %r = xcs.try {
    xcs.yield %q
  } except (%e) {
    xcs.yield %e
  }
  %s = xcs.try -> (!xcs.obj<"str">) {
    xcs.yield %q
  } except (%e_1) {
    xcs.yield %q
  }
  xcs.try attributes {note = "kept"} {
    xcs.yield
  } except (%error) {
    xcs.yield
  }
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%q : !xcs.obj<"str">) -> () {
// CHECK-NEXT:        %r = xcs.try {
// CHECK-NEXT:          xcs.yield %q
// CHECK-NEXT:        } except (%e) {
// CHECK-NEXT:          xcs.yield %e
// CHECK-NEXT:        }
// CHECK-NEXT:        %s = xcs.try -> (!xcs.obj<"str">) {
// CHECK-NEXT:          xcs.yield %q
// CHECK-NEXT:        } except (%e_1) {
// CHECK-NEXT:          xcs.yield %q
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.try attributes {note = "kept"} {
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        } except (%error) {
// CHECK-NEXT:          xcs.yield
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj<"str">) -> ()}> ({
// GENERIC-NEXT:     ^bb0(%q: !xcs.obj<"str">):
// GENERIC-NEXT:       %r = "xcs.try"() ({
// GENERIC-NEXT:         "xcs.yield"(%q) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:       ^bb0(%e: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%e) : (!xcs.obj) -> ()
// GENERIC-NEXT:       }) : () -> !xcs.obj
// GENERIC-NEXT:       %s = "xcs.try"() ({
// GENERIC-NEXT:         "xcs.yield"(%q) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:       ^bb0(%e_1: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"(%q) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:       }) : () -> !xcs.obj<"str">
// GENERIC-NEXT:       "xcs.try"() ({
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }, {
// GENERIC-NEXT:       ^bb0(%error: !xcs.obj):
// GENERIC-NEXT:         "xcs.yield"() : () -> ()
// GENERIC-NEXT:       }) {note = "kept"} : () -> ()
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

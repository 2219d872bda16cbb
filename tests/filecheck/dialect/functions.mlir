// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Functions, and what a program declares of the outside.

// A function with named parameters of several types, its effect known.

xcs.func @pair(%a : !xcs.obj<"str">, %b : !xcs.obj, %c : !xcs.list<!xcs.list<!xcs.obj>>, %d : tensor<4x?xf32>) -> (!xcs.obj, !xcs.obj<"str">) effects unordered sees_writes external {
  xcs.return %b, %a
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @pair(%a : !xcs.obj<"str">, %b : !xcs.obj, %c : !xcs.list<!xcs.list<!xcs.obj>>, %d : tensor<4x?xf32>) -> (!xcs.obj, !xcs.obj<"str">) effects unordered sees_writes external {
// CHECK-NEXT:        xcs.return %b, %a
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "pair", function_type = (!xcs.obj<"str">, !xcs.obj, !xcs.list<!xcs.list<!xcs.obj>>, tensor<4x?xf32>) -> (!xcs.obj, !xcs.obj<"str">), effect = #xcs.effect<unordered, sees_writes, external>}> ({
// GENERIC-NEXT:     ^bb0(%a: !xcs.obj<"str">, %b: !xcs.obj, %c: !xcs.list<!xcs.list<!xcs.obj>>, %d: tensor<4x?xf32>):
// GENERIC-NEXT:       "xcs.return"(%b, %a) : (!xcs.obj, !xcs.obj<"str">) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// No parameters, no results, an attribute of its own.

xcs.func @nothing() -> () attributes {note = "kept"} {
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @nothing() -> () attributes {note = "kept"} {
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "nothing", function_type = () -> ()}> ({
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) {note = "kept"} : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Symbols that aren't identifiers, text beyond ASCII.

xcs.callable @"a b" {path = "app:na\C3\AFve", effect = #xcs.effect<fence>}
xcs.func @"f.<locals>.g"() -> () {
  xcs.return
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.callable @"a b" {path = "app:na\C3\AFve", effect = #xcs.effect<fence>}
// CHECK-NEXT:      xcs.func @"f.<locals>.g"() -> () {
// CHECK-NEXT:        xcs.return
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.callable"() <{sym_name = "a b", path = "app:na\C3\AFve", effect = #xcs.effect<fence>}> : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f.<locals>.g", function_type = () -> ()}> ({
// GENERIC-NEXT:       "xcs.return"() : () -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// Every property of a callable.

xcs.callable @classify {path = "app:classify", effect = #xcs.effect<unordered, sees_writes, external>, source = "def f():\0A    return \22x\22\0A", reason = "calls a model", remedy = "none needed", batch = "app:classify_all", latency_s = 5.000000e-01 : f64, note = "kept"}
xcs.callable @now {path = "time:time", effect = #xcs.effect<fence>}
xcs.callable @read {path = "app:read", effect = #xcs.effect<reads, external>}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.callable @classify {path = "app:classify", effect = #xcs.effect<unordered, sees_writes, external>, source = "def f():\0A    return \22x\22\0A", reason = "calls a model", remedy = "none needed", batch = "app:classify_all", latency_s = 5.000000e-01 : f64, note = "kept"}
// CHECK-NEXT:      xcs.callable @now {path = "time:time", effect = #xcs.effect<fence>}
// CHECK-NEXT:      xcs.callable @read {path = "app:read", effect = #xcs.effect<reads, external>}
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.callable"() <{sym_name = "classify", path = "app:classify", effect = #xcs.effect<unordered, sees_writes, external>, source = "def f():\0A    return \22x\22\0A", reason = "calls a model", remedy = "none needed", batch = "app:classify_all", latency_s = 5.000000e-01 : f64}> {note = "kept"} : () -> ()
// GENERIC-NEXT:     "xcs.callable"() <{sym_name = "now", path = "time:time", effect = #xcs.effect<fence>}> : () -> ()
// GENERIC-NEXT:     "xcs.callable"() <{sym_name = "read", path = "app:read", effect = #xcs.effect<reads, external>}> : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// The kinds of outside state.

xcs.outside @global {kind = "global", path = "app:NAME"}
xcs.outside @cell {kind = "cell", path = "app:f.count"}
xcs.outside @object {kind = "object", path = "app:Client"}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.outside @global {kind = "global", path = "app:NAME"}
// CHECK-NEXT:      xcs.outside @cell {kind = "cell", path = "app:f.count"}
// CHECK-NEXT:      xcs.outside @object {kind = "object", path = "app:Client"}
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.outside"() <{sym_name = "global", kind = "global", path = "app:NAME"}> : () -> ()
// GENERIC-NEXT:     "xcs.outside"() <{sym_name = "cell", kind = "cell", path = "app:f.count"}> : () -> ()
// GENERIC-NEXT:     "xcs.outside"() <{sym_name = "object", kind = "object", path = "app:Client"}> : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// -----

// A return with an attribute.

xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  xcs.return %a {note = 1 : i64}
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:        xcs.return %a {note = 1 : i64}
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj) -> !xcs.obj}> ({
// GENERIC-NEXT:     ^bb0(%a: !xcs.obj):
// GENERIC-NEXT:       "xcs.return"(%a) {note = 1 : i64} : (!xcs.obj) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

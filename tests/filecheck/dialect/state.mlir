// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Outside state.

// Loads and stores.

xcs.outside @name {kind = "global", path = "app:NAME"}
xcs.func @f(%o : !xcs.obj, %k : !xcs.obj, %v : !xcs.obj) -> (!xcs.obj<"str">) {
  %m = xcs.load @name -> (!xcs.obj<"str">)
  xcs.store_item ordered %o[%k] = %v
  xcs.store_attr ordered total %o "calls" = %v
  xcs.store_cell unordered sees_writes @name = %v
  xcs.store_cell ordered @name = %v {note = "kept"}
  xcs.return %m
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.outside @name {kind = "global", path = "app:NAME"}
// CHECK-NEXT:      xcs.func @f(%o : !xcs.obj, %k : !xcs.obj, %v : !xcs.obj) -> (!xcs.obj<"str">) {
// CHECK-NEXT:        %m = xcs.load @name -> (!xcs.obj<"str">)
// CHECK-NEXT:        xcs.store_item ordered %o[%k] = %v
// CHECK-NEXT:        xcs.store_attr ordered total %o "calls" = %v
// CHECK-NEXT:        xcs.store_cell unordered sees_writes @name = %v
// CHECK-NEXT:        xcs.store_cell ordered @name = %v {note = "kept"}
// CHECK-NEXT:        xcs.return %m
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:        "builtin.module"() ({
// GENERIC-NEXT:     "xcs.outside"() <{sym_name = "name", kind = "global", path = "app:NAME"}> : () -> ()
// GENERIC-NEXT:     "xcs.func"() <{sym_name = "f", function_type = (!xcs.obj, !xcs.obj, !xcs.obj) -> !xcs.obj<"str">}> ({
// GENERIC-NEXT:     ^bb0(%o: !xcs.obj, %k: !xcs.obj, %v: !xcs.obj):
// GENERIC-NEXT:       %m = "xcs.load"() <{outside = @name}> : () -> !xcs.obj<"str">
// GENERIC-NEXT:       "xcs.store_item"(%o, %k, %v) <{effect = #xcs.effect<ordered>}> : (!xcs.obj, !xcs.obj, !xcs.obj) -> ()
// GENERIC-NEXT:       "xcs.store_attr"(%o, %v) <{effect = #xcs.effect<ordered>, total, name = "calls"}> : (!xcs.obj, !xcs.obj) -> ()
// GENERIC-NEXT:       "xcs.store_cell"(%v) <{effect = #xcs.effect<unordered, sees_writes>, outside = @name}> : (!xcs.obj) -> ()
// GENERIC-NEXT:       "xcs.store_cell"(%v) <{effect = #xcs.effect<ordered>, outside = @name}> {note = "kept"} : (!xcs.obj) -> ()
// GENERIC-NEXT:       "xcs.return"(%m) : (!xcs.obj<"str">) -> ()
// GENERIC-NEXT:     }) : () -> ()
// GENERIC-NEXT:   }) : () -> ()

// RUN: xcs-opt %s --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | xcs-opt --split-input-file | filecheck %s
// RUN: xcs-opt %s --split-input-file --print-op-generic | filecheck %s --check-prefix=GENERIC

// Variables: what a body binds, as of the step that fails.

xcs.func @f(%q : !xcs.obj<"str">) -> (!xcs.obj<"str">) {
  %v = xcs.variable %q {note = "kept"}
  %r = xcs.try -> (!xcs.obj<"str">) {
    xcs.assign %v = %q
    xcs.raise %q
    xcs.yield %q
  } except (%e) {
    %any = xcs.current %v
    %now = xcs.current %v -> (!xcs.obj<"str">)
    xcs.yield %now
  }
  xcs.return %r
}

// CHECK:         builtin.module {
// CHECK-NEXT:      xcs.func @f(%q : !xcs.obj<"str">) -> (!xcs.obj<"str">) {
// CHECK-NEXT:        %v = xcs.variable %q {note = "kept"}
// CHECK-NEXT:        %r = xcs.try -> (!xcs.obj<"str">) {
// CHECK-NEXT:          xcs.assign %v = %q
// CHECK-NEXT:          xcs.raise %q
// CHECK-NEXT:          xcs.yield %q
// CHECK-NEXT:        } except (%e) {
// CHECK-NEXT:          %any = xcs.current %v
// CHECK-NEXT:          %now = xcs.current %v -> (!xcs.obj<"str">)
// CHECK-NEXT:          xcs.yield %now
// CHECK-NEXT:        }
// CHECK-NEXT:        xcs.return %r
// CHECK-NEXT:      }
// CHECK-NEXT:    }

// GENERIC:         %v = "xcs.variable"(%q) {note = "kept"} : (!xcs.obj<"str">) -> !xcs.obj
// GENERIC:           "xcs.assign"(%v, %q) : (!xcs.obj, !xcs.obj<"str">) -> ()
// GENERIC:           %now = "xcs.current"(%v) : (!xcs.obj) -> !xcs.obj<"str">

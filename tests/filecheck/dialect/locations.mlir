// RUN: xcs-opt %s --print-debuginfo | filecheck %s
// RUN: xcs-opt %s --print-debuginfo | xcs-opt --print-debuginfo | filecheck %s
// RUN: xcs-opt %s --print-debuginfo --print-op-generic | xcs-opt --print-debuginfo | filecheck %s
// RUN: xcs-opt %s | filecheck %s --check-prefix=PLAIN

// Names, and locations of ops and block arguments, are kept.

// PLAIN-NOT: loc(

// CHECK:      xcs.func @f(%xs : !xcs.obj loc("app.py":1:6), %init : !xcs.obj loc("na\C3\AFve.py":2:0)) -> (!xcs.obj) {
// CHECK-NEXT:   %total = xcs.for %x loc("app.py":3:8) in %xs iter(%acc loc("app.py":3:2) = %init) {
// CHECK-NEXT:     %next = xcs.make_tuple(%acc, %x) loc("app.py":4:4)
// CHECK-NEXT:     xcs.yield %next loc("app.py":5:4)
// CHECK-NEXT:   } loc("app.py":3:4)
// CHECK-NEXT:   %safe = xcs.try {
// CHECK-NEXT:     xcs.yield %total loc("app.py":7:4)
// CHECK-NEXT:   } except (%error loc("app.py":8:4)) {
// CHECK-NEXT:     xcs.yield %error loc("app.py":9:4)
// CHECK-NEXT:   } loc("app.py":6:4)
// CHECK-NEXT:   xcs.return %safe loc({{.*}}:{{[0-9]+}}:3)
// CHECK-NEXT: } loc("app.py":1:0)
xcs.func @f(%xs : !xcs.obj loc("app.py":1:6), %init : !xcs.obj loc("naïve.py":2:0)) -> (!xcs.obj) {
  %total = xcs.for %x loc("app.py":3:8) in %xs iter(%acc loc("app.py":3:2) = %init) {
    %next = xcs.make_tuple(%acc, %x) loc("app.py":4:4)
    xcs.yield %next loc("app.py":5:4)
  } loc("app.py":3:4)
  %safe = xcs.try {
    xcs.yield %total loc("app.py":7:4)
  } except (%error loc("app.py":8:4)) {
    xcs.yield %error loc("app.py":9:4)
  } loc("app.py":6:4)
  xcs.return %safe
} loc("app.py":1:0)

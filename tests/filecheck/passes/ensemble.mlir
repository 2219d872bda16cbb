// RUN: xcs-opt -p xcs-ensemble --split-input-file %s | filecheck %s

// Two models, one question.
xcs.callable @gpt {path = "app:gpt", effect = #xcs.effect<unordered, external>}
xcs.callable @claude {path = "app:claude", effect = #xcs.effect<unordered, external>}
xcs.func @two_models(%q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %a = xcs.call unordered external @gpt(%q)
  %b = xcs.call unordered external @claude(%q)
  xcs.return %a, %b
}
// CHECK-LABEL: xcs.func @two_models(%q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %a, %b = xcs.ensemble {
// CHECK-NEXT:      %a_1 = xcs.call unordered external @gpt(%q)
// CHECK-NEXT:      xcs.yield %a_1
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %b_1 = xcs.call unordered external @claude(%q)
// CHECK-NEXT:      xcs.yield %b_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %a, %b
// CHECK-NEXT:  }

// -----

// Pure ops go along with the call they belong to; literals go before; what joins the answers stays behind.
xcs.callable @gpt {path = "app:gpt", effect = #xcs.effect<unordered, external>}
xcs.callable @prompt {path = "app:prompt", effect = #xcs.effect<pure>}
xcs.func @prompts(%q : !xcs.obj) -> (!xcs.obj) {
  %short = xcs.constant "short"
  %p1 = xcs.call pure @prompt(%q, %short)
  %a = xcs.call unordered external @gpt(%p1)
  %s = xcs.call pure @prompt(%a, "strip")
  %long = xcs.constant "long"
  %p2 = xcs.call pure @prompt(%q, %long)
  %b = xcs.call unordered external @gpt(%p2)
  %pair = xcs.make_tuple(%s, %b)
  %c = xcs.call reads external @gpt(%q)
  %all = xcs.make_list(%pair, %c)
  xcs.return %all
}
// CHECK-LABEL: xcs.func @prompts(%q : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %short = xcs.constant "short"
// CHECK-NEXT:    %long = xcs.constant "long"
// CHECK-NEXT:    %s, %b, %c = xcs.ensemble {
// CHECK-NEXT:      %p1 = xcs.call pure @prompt(%q, %short)
// CHECK-NEXT:      %a = xcs.call unordered external @gpt(%p1)
// CHECK-NEXT:      %s_1 = xcs.call pure @prompt(%a, "strip")
// CHECK-NEXT:      xcs.yield %s_1
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %p2 = xcs.call pure @prompt(%q, %long)
// CHECK-NEXT:      %b_1 = xcs.call unordered external @gpt(%p2)
// CHECK-NEXT:      xcs.yield %b_1
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %c_1 = xcs.call reads external @gpt(%q)
// CHECK-NEXT:      xcs.yield %c_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %pair = xcs.make_tuple(%s, %b)
// CHECK-NEXT:    %all = xcs.make_list(%pair, %c)
// CHECK-NEXT:    xcs.return %all
// CHECK-NEXT:  }

// -----

// Chains side by side, and a call whose result nobody uses.
xcs.callable @gpt {path = "app:gpt", effect = #xcs.effect<unordered, external>}
xcs.func @chains(%q : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call unordered external @gpt(%q)
  %a2 = xcs.call unordered external @gpt(%a)
  %b = xcs.call unordered external @gpt(%q)
  xcs.return %a2
}
// CHECK-LABEL: xcs.func @chains(%q : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a2, %b = xcs.ensemble {
// CHECK-NEXT:      %a = xcs.call unordered external @gpt(%q)
// CHECK-NEXT:      %a2_1 = xcs.call unordered external @gpt(%a)
// CHECK-NEXT:      xcs.yield %a2_1
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %b_1 = xcs.call unordered external @gpt(%q)
// CHECK-NEXT:      xcs.yield %b_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %a2
// CHECK-NEXT:  }

// -----

// Whole loops are branches too, and there are ensembles inside of loops.
xcs.callable @gpt {path = "app:gpt", effect = #xcs.effect<unordered, external>}
xcs.func @loops(%q : !xcs.obj, %xs : !xcs.list<!xcs.obj>) -> (!xcs.obj, !xcs.obj) {
  %as = xcs.map %x in %xs {
    %1 = xcs.call unordered external @gpt(%x, %q)
    %2 = xcs.call unordered external @gpt(%x)
    %t = xcs.make_tuple(%1, %2)
    xcs.yield %t
  }
  %b = xcs.call unordered external @gpt(%q)
  xcs.return %as, %b
}
// CHECK-LABEL: xcs.func @loops(%q : !xcs.obj, %xs : !xcs.list<!xcs.obj>) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %as, %b = xcs.ensemble -> (!xcs.list<!xcs.obj>, !xcs.obj) {
// CHECK-NEXT:      %as_1 = xcs.map %x in %xs {
// CHECK-NEXT:        %0, %1 = xcs.ensemble {
// CHECK-NEXT:          %2 = xcs.call unordered external @gpt(%x, %q)
// CHECK-NEXT:          xcs.yield %2
// CHECK-NEXT:        }, {
// CHECK-NEXT:          %3 = xcs.call unordered external @gpt(%x)
// CHECK-NEXT:          xcs.yield %3
// CHECK-NEXT:        }
// CHECK-NEXT:        %t = xcs.make_tuple(%0, %1)
// CHECK-NEXT:        xcs.yield %t
// CHECK-NEXT:      }
// CHECK-NEXT:      xcs.yield %as_1
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %b_1 = xcs.call unordered external @gpt(%q)
// CHECK-NEXT:      xcs.yield %b_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %as, %b
// CHECK-NEXT:  }

// -----

// Not: one after the other, nothing in common, alone.
xcs.callable @gpt {path = "app:gpt", effect = #xcs.effect<unordered, external>}
xcs.func @apart(%q : !xcs.obj, %r : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %same = xcs.constant "literals are no common input"
  %a = xcs.call unordered external @gpt(%q, %same)
  %b = xcs.call unordered external @gpt(%r, %same)
  %c = xcs.call unordered external @gpt(%b)
  xcs.return %a, %c
}
// CHECK-LABEL: xcs.func @apart(%q : !xcs.obj, %r : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %same = xcs.constant "literals are no common input"
// CHECK-NEXT:    %a = xcs.call unordered external @gpt(%q, %same)
// CHECK-NEXT:    %b = xcs.call unordered external @gpt(%r, %same)
// CHECK-NEXT:    %c = xcs.call unordered external @gpt(%b)
// CHECK-NEXT:    xcs.return %a, %c
// CHECK-NEXT:  }

// -----

// Not: an op between that acts in order, or whose effect isn't known yet.
xcs.callable @gpt {path = "app:gpt", effect = #xcs.effect<unordered, external>}
xcs.callable @print {path = "builtins:print", effect = #xcs.effect<ordered>}
xcs.func @acts_between(%q : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
  %a = xcs.call unordered external @gpt(%q)
  %p = xcs.call ordered @print("half way")
  %b = xcs.call unordered external @gpt(%q)
  %u = xcs.call_indirect dynamic %q()
  %c = xcs.call unordered external @gpt(%q)
  xcs.return %a, %b, %c
}
// CHECK-LABEL: xcs.func @acts_between(%q : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %a = xcs.call unordered external @gpt(%q)
// CHECK-NEXT:    %p = xcs.call ordered @print("half way")
// CHECK-NEXT:    %b = xcs.call unordered external @gpt(%q)
// CHECK-NEXT:    %u = xcs.call_indirect dynamic %q()
// CHECK-NEXT:    %c = xcs.call unordered external @gpt(%q)
// CHECK-NEXT:    xcs.return %a, %b, %c
// CHECK-NEXT:  }

// -----

// Not across an update of what a call reads: the list is one question longer for the second call.
xcs.callable @gpt {path = "app:gpt", effect = #xcs.effect<unordered, external>}
xcs.func @conversation(%q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %l = xcs.make_list(%q)
  %a = xcs.call unordered external @gpt(%l, %q)
  %l2 = xcs.append %l, %q
  %b = xcs.call unordered external @gpt(%l2, %q)
  xcs.return %a, %b
}
// CHECK-LABEL: xcs.func @conversation(%q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %l = xcs.make_list(%q)
// CHECK-NEXT:    %a, %b = xcs.ensemble {
// CHECK-NEXT:      %a_1 = xcs.call unordered external @gpt(%l, %q)
// CHECK-NEXT:      xcs.yield %a_1
// CHECK-NEXT:    }, {
// CHECK-NEXT:      %l2 = xcs.append %l, %q
// CHECK-NEXT:      %b_1 = xcs.call unordered external @gpt(%l2, %q)
// CHECK-NEXT:      xcs.yield %b_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %a, %b
// CHECK-NEXT:  }

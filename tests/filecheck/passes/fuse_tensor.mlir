// RUN: xcs-opt -p xcs-fuse-tensor --split-input-file %s | filecheck %s

// A chain of array code is one region; literals go in, and so do sequences that only it uses.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @concatenate {path = "jax.numpy:concatenate", effect = #xcs.effect<pure>, array = "jax"}
xcs.outside @w2 {kind = "global", path = "app:W2"}
xcs.func @chain(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
  %h = xcs.call pure @dot(%x, %w)
  %v = xcs.load @w2
  %axis = xcs.constant 1
  %g = xcs.call pure @dot(%h, %v)
  %pair = xcs.make_list(%h, %g)
  %y = xcs.call pure @concatenate(%pair, axis = %axis)
  xcs.return %y
}
// CHECK-LABEL: xcs.func @chain(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %v = xcs.load @w2
// CHECK-NEXT:    %axis = xcs.constant 1
// CHECK-NEXT:    %y = xcs.tensor jax pure (%x_1 = %x, %w_1 = %w, %v_1 = %v) {
// CHECK-NEXT:      %axis_1 = xcs.constant 1
// CHECK-NEXT:      %h = xcs.call pure @dot(%x_1, %w_1)
// CHECK-NEXT:      %g = xcs.call pure @dot(%h, %v_1)
// CHECK-NEXT:      %pair = xcs.make_list(%h, %g)
// CHECK-NEXT:      %y_1 = xcs.call pure @concatenate(%pair, axis = %axis_1)
// CHECK-NEXT:      xcs.yield %y_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %y
// CHECK-NEXT:  }

// -----

// Marked ops and single ones; what is used outside comes out once.
xcs.func @single(%x : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = xcs.call pure total @operator.add(%x, %x) -> (tensor<4xf32>) {array = "jax"}
  xcs.return %y, %y
}
xcs.callable @operator.add {path = "operator:add", effect = #xcs.effect<dynamic>}
// CHECK-LABEL: xcs.func @single(%x : tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
// CHECK-NEXT:    %y = xcs.tensor jax pure total (%x_1 = %x) -> (tensor<4xf32>) {
// CHECK-NEXT:      %y_1 = xcs.call pure total @operator.add(%x_1, %x_1) -> (tensor<4xf32>) {array = "jax"}
// CHECK-NEXT:      xcs.yield %y_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %y, %y
// CHECK-NEXT:  }

// -----

// The hybrid: encode, ask, decode.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @hybrid(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
  %h = xcs.call pure total @dot(%x, %w)
  %e = xcs.call pure total @dot(%h, %w)
  %a = xcs.call unordered external @ask(%e)
  %d = xcs.call pure total @dot(%a, %w)
  %y = xcs.call pure total @dot(%d, %h)
  xcs.return %y
}
// CHECK-LABEL: xcs.func @hybrid(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %h, %e = xcs.tensor jax pure total (%x_1 = %x, %w_1 = %w) {
// CHECK-NEXT:      %h_1 = xcs.call pure total @dot(%x_1, %w_1)
// CHECK-NEXT:      %e_1 = xcs.call pure total @dot(%h_1, %w_1)
// CHECK-NEXT:      xcs.yield %h_1, %e_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %a = xcs.call unordered external @ask(%e)
// CHECK-NEXT:    %y = xcs.tensor jax pure total (%a_1 = %a, %w_2 = %w, %h_2 = %h) {
// CHECK-NEXT:      %d = xcs.call pure total @dot(%a_1, %w_2)
// CHECK-NEXT:      %y_1 = xcs.call pure total @dot(%d, %h_2)
// CHECK-NEXT:      xcs.yield %y_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %y
// CHECK-NEXT:  }

// -----

// Array code that can't raise moves up across a call that doesn't concern it.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @beside(%x : !xcs.obj, %w : !xcs.obj, %q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %h = xcs.call pure total @dot(%x, %w)
  %a = xcs.call unordered external @ask(%q)
  %y = xcs.call pure total @dot(%h, %w)
  xcs.return %y, %a
}
// CHECK-LABEL: xcs.func @beside(%x : !xcs.obj, %w : !xcs.obj, %q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %y = xcs.tensor jax pure total (%x_1 = %x, %w_1 = %w) {
// CHECK-NEXT:      %h = xcs.call pure total @dot(%x_1, %w_1)
// CHECK-NEXT:      %y_1 = xcs.call pure total @dot(%h, %w_1)
// CHECK-NEXT:      xcs.yield %y_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %a = xcs.call unordered external @ask(%q)
// CHECK-NEXT:    xcs.return %y, %a
// CHECK-NEXT:  }

// -----

// Not: what may raise stays between the calls where it stands.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @may_raise(%x : !xcs.obj, %w : !xcs.obj, %q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %h = xcs.call pure @dot(%x, %w)
  %a = xcs.call unordered external @ask(%q)
  %y = xcs.call pure @dot(%h, %w)
  xcs.return %y, %a
}
// CHECK-LABEL: xcs.func @may_raise(%x : !xcs.obj, %w : !xcs.obj, %q : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %h = xcs.tensor jax pure (%x_1 = %x, %w_1 = %w) {
// CHECK-NEXT:      %h_1 = xcs.call pure @dot(%x_1, %w_1)
// CHECK-NEXT:      xcs.yield %h_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %a = xcs.call unordered external @ask(%q)
// CHECK-NEXT:    %y = xcs.tensor jax pure (%h_2 = %h, %w_2 = %w) {
// CHECK-NEXT:      %y_1 = xcs.call pure @dot(%h_2, %w_2)
// CHECK-NEXT:      xcs.yield %y_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %y, %a
// CHECK-NEXT:  }

// -----

// Not: two answers, each of which goes on to another call: neither waits for the other.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @two_paths(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %a = xcs.call unordered external @ask(%x)
  %b = xcs.call unordered external @ask(%w)
  %h = xcs.call pure total @dot(%a, %w)
  %g = xcs.call pure total @dot(%b, %w)
  %c = xcs.call unordered external @ask(%h)
  %d = xcs.call unordered external @ask(%g)
  xcs.return %c, %d
}
// CHECK-LABEL: xcs.func @two_paths(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %a = xcs.call unordered external @ask(%x)
// CHECK-NEXT:    %b = xcs.call unordered external @ask(%w)
// CHECK-NEXT:    %h = xcs.tensor jax pure total (%a_1 = %a, %w_1 = %w) {
// CHECK-NEXT:      %h_1 = xcs.call pure total @dot(%a_1, %w_1)
// CHECK-NEXT:      xcs.yield %h_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %g = xcs.tensor jax pure total (%b_1 = %b, %w_2 = %w) {
// CHECK-NEXT:      %g_1 = xcs.call pure total @dot(%b_1, %w_2)
// CHECK-NEXT:      xcs.yield %g_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %c = xcs.call unordered external @ask(%h)
// CHECK-NEXT:    %d = xcs.call unordered external @ask(%g)
// CHECK-NEXT:    xcs.return %c, %d
// CHECK-NEXT:  }

// -----

// Two answers that meet before the next call: one region.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @paths_meet(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.call unordered external @ask(%x)
  %b = xcs.call unordered external @ask(%w)
  %h = xcs.call pure total @dot(%a, %w)
  %g = xcs.call pure total @dot(%b, %w)
  %s = xcs.call pure total @dot(%h, %g)
  %c = xcs.call unordered external @ask(%s)
  xcs.return %c
}
// CHECK-LABEL: xcs.func @paths_meet(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %a = xcs.call unordered external @ask(%x)
// CHECK-NEXT:    %b = xcs.call unordered external @ask(%w)
// CHECK-NEXT:    %s = xcs.tensor jax pure total (%a_1 = %a, %w_1 = %w, %b_1 = %b) {
// CHECK-NEXT:      %h = xcs.call pure total @dot(%a_1, %w_1)
// CHECK-NEXT:      %g = xcs.call pure total @dot(%b_1, %w_1)
// CHECK-NEXT:      %s_1 = xcs.call pure total @dot(%h, %g)
// CHECK-NEXT:      xcs.yield %s_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %c = xcs.call unordered external @ask(%s)
// CHECK-NEXT:    xcs.return %c
// CHECK-NEXT:  }

// -----

// Not: a call waits for one op, so it doesn't wait for another that it has no use of.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @served(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %h = xcs.call pure total @dot(%x, %w)
  %c = xcs.call unordered external @ask(%h)
  %g = xcs.call pure total @dot(%h, %w)
  xcs.return %c, %g
}
// CHECK-LABEL: xcs.func @served(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %h = xcs.tensor jax pure total (%x_1 = %x, %w_1 = %w) {
// CHECK-NEXT:      %h_1 = xcs.call pure total @dot(%x_1, %w_1)
// CHECK-NEXT:      xcs.yield %h_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %c = xcs.call unordered external @ask(%h)
// CHECK-NEXT:    %g = xcs.tensor jax pure total (%h_2 = %h, %w_2 = %w) {
// CHECK-NEXT:      %g_1 = xcs.call pure total @dot(%h_2, %w_2)
// CHECK-NEXT:      xcs.yield %g_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %c, %g
// CHECK-NEXT:  }

// -----

// Not: JAX and NumPy in one region; NumPy across a call.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @np.dot {path = "numpy:dot", effect = #xcs.effect<pure>, array = "numpy"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @kinds(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
  %h = xcs.call pure total fresh @np.dot(%x, %w)
  %g = xcs.call pure total @dot(%x, %w)
  %k = xcs.call pure total fresh @np.dot(%h, %w)
  %a = xcs.call unordered external @ask(%x)
  %n = xcs.call pure total fresh @np.dot(%k, %w)
  xcs.return %g, %a, %n
}
// CHECK-LABEL: xcs.func @kinds(%x : !xcs.obj, %w : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %k = xcs.tensor numpy pure total fresh (%x_1 = %x, %w_1 = %w) {
// CHECK-NEXT:      %h = xcs.call pure total fresh @np.dot(%x_1, %w_1)
// CHECK-NEXT:      %k_1 = xcs.call pure total fresh @np.dot(%h, %w_1)
// CHECK-NEXT:      xcs.yield %k_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %g = xcs.tensor jax pure total (%x_2 = %x, %w_2 = %w) {
// CHECK-NEXT:      %g_1 = xcs.call pure total @dot(%x_2, %w_2)
// CHECK-NEXT:      xcs.yield %g_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %a = xcs.call unordered external @ask(%x)
// CHECK-NEXT:    %n = xcs.tensor numpy pure total fresh (%k_2 = %k, %w_3 = %w) {
// CHECK-NEXT:      %n_1 = xcs.call pure total fresh @np.dot(%k_2, %w_3)
// CHECK-NEXT:      xcs.yield %n_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %g, %a, %n
// CHECK-NEXT:  }

// -----

// Not: array functions with an effect, and code that isn't marked. Inside loops as well.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @random {path = "numpy.random:rand", effect = #xcs.effect<ordered>, array = "numpy"}
xcs.callable @len {path = "builtins:len", effect = #xcs.effect<pure>}
xcs.func @effects(%xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
  %ys = xcs.map %x in %xs {
    %n = xcs.call pure @len(%x)
    %r = xcs.call ordered @random(%n)
    %y = xcs.call pure @dot(%x, %r)
    xcs.yield %y
  }
  xcs.return %ys
}
// CHECK-LABEL: xcs.func @effects(%xs : !xcs.list<!xcs.obj>) -> (!xcs.obj) {
// CHECK-NEXT:    %ys = xcs.map %x in %xs {
// CHECK-NEXT:      %n = xcs.call pure @len(%x)
// CHECK-NEXT:      %r = xcs.call ordered @random(%n)
// CHECK-NEXT:      %y = xcs.tensor jax pure (%x_1 = %x, %r_1 = %r) {
// CHECK-NEXT:        %y_1 = xcs.call pure @dot(%x_1, %r_1)
// CHECK-NEXT:        xcs.yield %y_1
// CHECK-NEXT:      }
// CHECK-NEXT:      xcs.yield %y
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %ys
// CHECK-NEXT:  }

// -----

// Not: what sees writes stays behind the writer.
xcs.callable @np.sum {path = "numpy:sum", effect = #xcs.effect<pure>, array = "numpy"}
xcs.callable @fill {path = "app:fill", effect = #xcs.effect<ordered>}
xcs.func @writers(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %s = xcs.call pure sees_writes total @np.sum(%x)
  %f = xcs.call ordered @fill(%x)
  %t = xcs.call pure sees_writes total @np.sum(%x)
  xcs.return %s, %t
}
// CHECK-LABEL: xcs.func @writers(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
// CHECK-NEXT:    %s = xcs.tensor numpy pure sees_writes total (%x_1 = %x) {
// CHECK-NEXT:      %s_1 = xcs.call pure sees_writes total @np.sum(%x_1)
// CHECK-NEXT:      xcs.yield %s_1
// CHECK-NEXT:    }
// CHECK-NEXT:    %f = xcs.call ordered @fill(%x)
// CHECK-NEXT:    %t = xcs.tensor numpy pure sees_writes total (%x_2 = %x) {
// CHECK-NEXT:      %t_1 = xcs.call pure sees_writes total @np.sum(%x_2)
// CHECK-NEXT:      xcs.yield %t_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %s, %t
// CHECK-NEXT:  }

// -----

// A sequence that stands before what the region also needs goes into the region all the same.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @get {path = "app:get", effect = #xcs.effect<reads, external>}
xcs.func @early_sequence(%x : !xcs.obj) -> (!xcs.obj) {
  %pair = xcs.make_tuple(%x, %x)
  %w = xcs.call reads external @get(%x)
  %y = xcs.call pure @dot(%pair, %w)
  xcs.return %y
}
// CHECK-LABEL: xcs.func @early_sequence(%x : !xcs.obj) -> (!xcs.obj) {
// CHECK-NEXT:    %w = xcs.call reads external @get(%x)
// CHECK-NEXT:    %y = xcs.tensor jax pure (%x_1 = %x, %w_1 = %w) {
// CHECK-NEXT:      %pair = xcs.make_tuple(%x_1, %x_1)
// CHECK-NEXT:      %y_1 = xcs.call pure @dot(%pair, %w_1)
// CHECK-NEXT:      xcs.yield %y_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %y
// CHECK-NEXT:  }

// -----

// A call needs only the first of two results: the array code that it doesn't need is a region of its own.
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @split(%x : !xcs.obj) -> (!xcs.obj, !xcs.obj) {
  %a = xcs.call pure @tanh(%x)
  %b = xcs.call pure @tanh(%a)
  %c = xcs.call pure @tanh(%b)
  %y = xcs.call unordered external @ask(%a)
  xcs.return %y, %c
}
// CHECK-LABEL: xcs.func @split
// CHECK-NEXT:    %a = xcs.tensor jax pure
// CHECK-NEXT:      xcs.call pure @tanh
// CHECK-NEXT:      xcs.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    %c = xcs.tensor jax pure
// CHECK:         xcs.call unordered external @ask(%a)

// -----

// A loop's next call needs only one of the values that are carried on.
xcs.callable @tanh {path = "jax.numpy:tanh", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @ask {path = "app:ask", effect = #xcs.effect<unordered, external>}
xcs.func @carried(%x : !xcs.obj, %xs : !xcs.list<!xcs.obj>) -> (!xcs.obj, !xcs.obj) {
  %p, %q = xcs.for %e in %xs iter(%a = %x, %b = %x) {
    %y = xcs.call unordered external @ask(%a, %e)
    %c = xcs.call pure @tanh(%y)
    %d = xcs.call pure @tanh(%y)
    xcs.yield %c, %d
  }
  xcs.return %p, %q
}
// CHECK-LABEL: xcs.func @carried
// CHECK:         %c = xcs.tensor jax pure
// CHECK:         %d = xcs.tensor jax pure

// -----

// A function that is array code from end to end: literals that it gives stay outside, arguments that it doesn't use, too.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @sum {path = "jax.numpy:sum", effect = #xcs.effect<pure>, array = "jax"}
xcs.func @whole(%w : !xcs.obj, %unused : !xcs.obj, %x : !xcs.obj) -> (!xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj, !xcs.obj) {
  %name = xcs.constant "name"
  %axis = xcs.constant 0
  %h = xcs.call pure @dot(%x, %w)
  %other = xcs.constant 1
  %s = xcs.call pure @sum(%h, axis = %other)
  %t = xcs.call pure @sum(%s, axis = %axis)
  xcs.return %t, %x, %h, %name, %axis
}
// CHECK-LABEL: xcs.func @whole(
// CHECK-NEXT:    %name = xcs.constant "name"
// CHECK-NEXT:    %axis = xcs.constant 0
// CHECK-NEXT:    %other = xcs.constant 1
// CHECK-NEXT:    %h, %t = xcs.tensor jax pure (%w_1 = %w, %x_1 = %x) {
// CHECK-NEXT:      %other_1 = xcs.constant 1
// CHECK-NEXT:      %axis_1 = xcs.constant 0
// CHECK-NEXT:      %h_1 = xcs.call pure @dot(%x_1, %w_1)
// CHECK-NEXT:      %s = xcs.call pure @sum(%h_1, axis = %other_1)
// CHECK-NEXT:      %t_1 = xcs.call pure @sum(%s, axis = %axis_1)
// CHECK-NEXT:      xcs.yield %h_1, %t_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %t, %x, %h, %name, %axis

// -----

// Nothing comes of the array code, which may raise.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.func @dropped(%x : !xcs.obj) -> (!xcs.obj) {
  %h = xcs.call pure @dot(%x, %x)
  xcs.return %x
}
// CHECK-LABEL: xcs.func @dropped(
// CHECK-NEXT:    %h = xcs.tensor jax pure (%x_1 = %x) {
// CHECK-NEXT:      %h_1 = xcs.call pure @dot(%x_1, %x_1)
// CHECK-NEXT:      xcs.yield %h_1
// CHECK-NEXT:    }
// CHECK-NEXT:    xcs.return %x

// -----

// Two kinds of arrays are no whole.
xcs.callable @dot {path = "jax.numpy:dot", effect = #xcs.effect<pure>, array = "jax"}
xcs.callable @np_dot {path = "numpy:dot", effect = #xcs.effect<pure>, array = "numpy"}
xcs.func @mixed(%x : !xcs.obj) -> (!xcs.obj) {
  %h = xcs.call pure total @dot(%x, %x)
  %y = xcs.call pure total @np_dot(%h, %x)
  xcs.return %y
}
// CHECK-LABEL: xcs.func @mixed(
// CHECK:         xcs.tensor jax pure total
// CHECK:         xcs.tensor numpy pure total

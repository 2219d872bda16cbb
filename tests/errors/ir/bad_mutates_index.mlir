xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b, %a2 = xcs.call pure @g(%a, 1) mutates [1]
  xcs.return %a
}

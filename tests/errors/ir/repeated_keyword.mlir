xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.call pure @g(%a, k = 1, k = 2)
  xcs.return %a
}

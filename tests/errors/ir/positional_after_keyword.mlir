xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.call pure @g(k = 1, %a)
  xcs.return %a
}

xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b, %c = xcs.call pure @g(%a)
  xcs.return %a
}

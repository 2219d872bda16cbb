xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  xcs.for %x in %a {
    %b = xcs.call pure @g(%x)
  }
  xcs.return %a
}

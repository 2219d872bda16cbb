xcs.callable @g {path = "app:g", effect = #xcs.effect<pure>}
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.if %a {
    xcs.yield %a
  } else {
    xcs.yield %a
  xcs.return %b
}

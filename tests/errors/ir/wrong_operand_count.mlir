xcs.func @pair(%a : !xcs.obj, %b : !xcs.obj) -> (!xcs.obj) {
  xcs.return %a
}
xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.invoke pure @pair(%a)
  xcs.return %a
}

xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.cal pure @g(%a)
  xcs.return %a
}

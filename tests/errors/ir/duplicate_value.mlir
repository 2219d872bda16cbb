xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %a = xcs.constant 1
  xcs.return %a
}

xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %b = xcs.call pure %a(%a)
  xcs.return %a
}

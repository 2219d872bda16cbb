xcs.func @f(%a : !xcs.obj) -> (!xcs.obj) {
  %r = xcs.for %x in %a iter(%b = %a) -> (!xcs.obj, !xcs.obj) {
    xcs.yield %b
  }
  xcs.return %a
}

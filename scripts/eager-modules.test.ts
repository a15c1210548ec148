import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withEagerModules } from './eager-modules.ts';

test('module functions of the entry and of a chunk are compiled as they are read, and nothing else changes', () => {
  const entry = 'var e={12:(e,t,n)=>{n.d(t,{a:()=>b})},7:function(e){e.exports=")"}};var t={name:()=>1};';
  assert.equal(
    withEagerModules(entry),
    'var e={12:((e,t,n)=>{n.d(t,{a:()=>b})}),7:(function(e){e.exports=")"})};var t={name:()=>1};',
  );
  const chunk = 'export const id=291;export const modules={5:(e,t)=>{const inner={1:()=>2}}};';
  assert.equal(
    withEagerModules(chunk),
    'export const id=291;export const modules={5:((e,t)=>{const inner={1:()=>2}})};',
  );
});

test('code without modules stays as it is', () => {
  const methods = 'var e={5(e){},get 6(){return 1}};';
  assert.equal(withEagerModules(methods), methods);
  const code = "import{a as e}from'b';export const names=['x'],other={one:()=>1};";
  assert.equal(withEagerModules(code), code);
});
